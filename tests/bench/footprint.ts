import { join } from "@std/path";
import { homeEnv, type Program, programCommand, runProgram, startProgram } from "../support/program.ts";
import type { Bench, Benchmark, Findings } from "./harness/benchmark.ts";

const MIB = 2 ** 20;

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
  const bare = async () => {
    const begin = performance.now();
    await new Deno.Command(Deno.execPath(), { args: ["eval", "0"], stdin: "null" }).output();
    return performance.now() - begin;
  };
  const figures = { ready: [], without: [], with: [], bare: [], idle: [] } as Record<string, number[]>;
  const receiver = bench.use((await up(bob)).program);
  await send();
  for (let i = 0; i < bench.repetitions; i++) {
    figures.bare!.push(await bare());
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
  const compiled = Deno.env.has("EARSHOT_PROGRAM")
    ? `The program: ${Math.round(Deno.statSync(program!).size / MIB)} MiB.`
    : "Run from source; with EARSHOT_PROGRAM it is the compiled program.";
  return {
    rows: [
      ms("a bare Deno program", figures.bare!),
    ],
    aims: [
      { what: "start to ready", unit: "ms", values: figures.ready!, most: 150 },
      { what: "send without a running peer", unit: "ms", values: figures.without!, most: 250 },
      { what: "send with a running peer", unit: "ms", values: figures.with!, most: 90 },
      { what: "resident memory, idle", unit: "MiB", values: figures.idle!, most: 80 },
    ],
    remarks: [compiled],
  };
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
