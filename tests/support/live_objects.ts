import v8 from "node:v8";

/** What is in use in this thread at one moment, garbage excluded. */
export class LiveObjects {
  /** Number of objects by the name of their class. */
  readonly #counts = new Map<string, number>();
  readonly #texts: readonly string[];

  private constructor({ snapshot, nodes, strings }: Snapshot) {
    const { node_fields: fields, node_types: [types] } = snapshot.meta;
    const [type, name] = [fields.indexOf("type"), fields.indexOf("name")];
    const object = types.indexOf("object");
    for (let at = 0; at < nodes.length; at += fields.length) {
      if (nodes[at + type] !== object) continue;
      const kind = strings[nodes[at + name]!]!;
      this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    }
    this.#texts = strings;
  }

  /** Looks at the heap; takes a second or two. */
  static look(): LiveObjects {
    const file = Deno.makeTempFileSync({ suffix: ".heapsnapshot" });
    try {
      v8.writeHeapSnapshot(file);
      return new LiveObjects(JSON.parse(Deno.readTextFileSync(file)));
    } finally {
      Deno.removeSync(file);
    }
  }

  /** Number of objects of each of these classes, not of those that extend it. */
  count<Name extends string>(kinds: Readonly<Record<Name, { readonly name: string }>>): Record<Name, number> {
    const counts = Object.entries<{ readonly name: string }>(kinds).map(([key, { name }]) =>
      [key, this.#counts.get(name) ?? 0] as const
    );
    return Object.fromEntries(counts) as Record<Name, number>;
  }

  /** Number of different texts that fit. */
  countTexts(fits: (text: string) => boolean): number {
    return this.#texts.filter(fits).length;
  }
}

/** The file that V8 writes. */
interface Snapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly node_types: readonly [readonly string[]];
    };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}
