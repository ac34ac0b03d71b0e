// Brings the database DATABASE to the newest version and is killed before that is committed: migration_program.ts DATABASE

import { DatabaseSync } from "node:sqlite";
import { migrate } from "../../../../lib/storage/database/migrate.ts";
import { MIGRATIONS } from "../../../../lib/storage/tables/schema.ts";

const path = Deno.args[0]!;
const db = new DatabaseSync(path, { enableForeignKeyConstraints: false });
migrate(db, path, MIGRATIONS, () => {}, () => Deno.kill(Deno.pid, "SIGKILL"));
