import { join } from "@std/path";
import { homeEnv, type Program, programCommand, runProgram, startProgram } from "../support/program.ts";
import type { Aim, Bench, Benchmark, Findings } from "./harness/benchmark.ts";
import { StartControl } from "./harness/start_control.ts";

const MIB = 2 ** 20;

/** How long a bare program took on the machine for which the aims were set, milliseconds. */
const BARE = 40;

/** `footprint`: what a user waits for at the prompt, and what an idle peer takes. */
export const footprint: Benchmark = {
  name: "footprint",
  question: "How long does a user wait at the prompt, and what does an idle peer take?",
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const here = ["--group", `bench-${crypto.randomUUID().slice(0, 8)}`, "--interface", "lo"];
  const homes = await Promise.all(["alice", "bob"].map(async (name) => {
    const home = join(bench.folder, name);
    await Deno.mkdir(home);
    await Deno.writeTextFile(join(home, "a.json"), `{"pad":"${"x".repeat(1_000)}"}`);
    return home;
  }));
  const [alice, bob] = homes.map((home, i) => ({
    env: homeEnv(home),
    cwd: home,
    name: ["alice", "bob"][i]!,
  })) as [Machine, Machine];
  const up = async (machine: Machine) => {
    const begin = performance.now();
    const program = startProgram(["run", "--json", ...here, "--name", machine.name], machine);
    await program.waitForEvent("ready");
    return { program, took: performance.now() - begin };
  };
  const send = async () => {
    const begin = performance.now();
    const args = ["send", "a.json", "--to", "bob", ...here];
    const { code, stderr } = await runProgram(args, alice);
    if (code !== 0) throw new Error(stderr);
    return performance.now() - begin;
  };
  const isCompiled = Deno.env.has("EARSHOT_PROGRAM");
  const control = bench.use(await StartControl.open(join(bench.folder, "control"), isCompiled));
  const document = join(alice.cwd, "a.json");
  const figures = { ready: [], without: [], with: [], bare: [], idle: [] } as Record<string, number[]>;
  const least = { ready: [], without: [], with: [] } as Record<string, number[]>;
  const receiver = bench.use((await up(bob)).program);
  await send();
  for (let i = 0; i < bench.repetitions; i++) {
    figures.bare!.push(await control.bare());
    least.without!.push(await control.without(document));
    least.with!.push(await control.with(document));
    least.ready!.push(await control.ready());
    figures.without!.push(await send());
    const { program, took } = await up(alice);
    figures.ready!.push(took);
    await program.waitForEvent("peer", { name: "bob" });
    figures.with!.push(await send());
    figures.idle!.push(await residentOf(program) / MIB);
    await program.stop();
  }
  await receiver.stop();
  const ms = (what: string, values: number[]) => ({ what, unit: "ms", values });
  const [program] = programCommand();
  const compiled = isCompiled
    ? `The program: ${Math.round(Deno.statSync(program!).size / MIB)} MiB.`
    : "Run from source; with EARSHOT_PROGRAM it is the compiled program.";
  return {
    rows: [
      ms("a bare Deno program", figures.bare!),
      ms("the least that a start to ready takes", least.ready!),
      ms("the least that send takes without a running peer", least.without!),
      ms("the least that send takes with a running peer", least.with!),
    ],
    aims: [
      ...aimsOf("start to ready", figures.ready!, 150, figures.bare!),
      ...aimsOf("send without a running peer", figures.without!, 250, figures.bare!),
      ...aimsOf("send with a running peer", figures.with!, 90, figures.bare!),
      { what: "resident memory, idle", unit: "MiB", values: figures.idle!, most: 80 },
    ],
    remarks: [
      compiled,
      "The least: a program of a page that makes only the calls of the runtime that the command cannot do without.",
    ],
  };
}

/** The aim as set, and as a multiple of a bare program: the machine may be slower than the one it was set for. */
function aimsOf(what: string, values: number[], most: number, others: number[]): Aim[] {
  return [
    { what, unit: "ms", values, most },
    { what: `${what}, against a bare program`, values, others, most: most / BARE },
  ];
}

interface Machine {
  readonly env: Record<string, string>;
  readonly cwd: string;
  readonly name: string;
}

/** Resident memory of a program, bytes. */
async function residentOf(program: Program): Promise<number> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "rss=", "-p", `${program.pid}`] }).output();
  return Number(new TextDecoder().decode(stdout)) * 1_024;
}
