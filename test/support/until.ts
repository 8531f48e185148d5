/** For tests: waits for a condition that another process or task brings about, and says what it waited for. */
const patienceMs = 15_000;
const lookEveryMs = 5;

export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}
