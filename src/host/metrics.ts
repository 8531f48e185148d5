/** Counters and gauges by name, in the Prometheus text format. Names end in their unit. */
export class Metrics {
  readonly #values = new Map<string, number>();
  readonly #help = new Map<string, { readonly help: string; readonly type: 'counter' | 'gauge' }>();

  declare(name: string, type: 'counter' | 'gauge', help: string): void {
    this.#help.set(name, { help, type });
  }

  /** `labels` is what stands between the braces, such as `reason="blank"`; escaped by the caller. */
  add(name: string, amount: number, labels = ''): void {
    const key = labels === '' ? name : `${name}{${labels}}`;
    this.#values.set(key, (this.#values.get(key) ?? 0) + amount);
  }

  set(name: string, value: number, labels = ''): void {
    this.#values.set(labels === '' ? name : `${name}{${labels}}`, value);
  }

  get(name: string, labels = ''): number {
    return this.#values.get(labels === '' ? name : `${name}{${labels}}`) ?? 0;
  }

  /** The exposition format, version 0.0.4. */
  text(): string {
    const lines: string[] = [];
    for (const [name, { help, type }] of this.#help) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const [key, value] of this.#values) {
        if (key === name || key.startsWith(`${name}{`)) lines.push(`${key} ${value}`);
      }
    }
    return `${lines.join('\n')}\n`;
  }
}
