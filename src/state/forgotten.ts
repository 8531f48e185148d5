/** What the ledger keeps of a stream that is forgotten. Pure. */
import type { LedgerEntry, Seen } from './state.ts';

/** By output: what was seen of it, as told, else as the ledger has it. A line that was cut was acked too. */
export function seenBy(
  ledger: readonly LedgerEntry[],
  told: Seen | undefined,
): readonly (Seen & { readonly lines: number })[] {
  const outputs = new Set(ledger.map((entry) => entry.output));
  if (told !== undefined) outputs.add(told.output);
  return [...outputs].map((output) => {
    const mine = ledger.filter((entry) => entry.output === output);
    const bytes = mine.reduce((sum, entry) => sum + entry.bytes, 0);
    const lines = mine.reduce((sum, entry) => sum + (entry.term === 'cut' ? 0 : entry.lines), 0);
    if (told?.output !== output) return { output, bytes, lines };
    return { output, bytes: told.bytes, lines: told.lines ?? lines };
  });
}
