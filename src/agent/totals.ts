/** The ledger added up for one output, as status and metrics show it. */
import type { LedgerEntry } from '../state/state.ts';

export class Totals {
  ackedLines = 0;
  ackedBytes = 0;
  readonly filteredLines: Record<string, number> = {};
  cutLines = 0;
  gapBytes = 0;
  skippedBytes = 0;

  add(entry: Pick<LedgerEntry, 'term' | 'reason' | 'bytes' | 'lines'>): void {
    switch (entry.term) {
      case 'acked':
        this.ackedLines += entry.lines;
        this.ackedBytes += entry.bytes;
        return;
      case 'filtered':
        this.filteredLines[entry.reason] = (this.filteredLines[entry.reason] ?? 0) + entry.lines;
        return;
      case 'cut':
        this.cutLines += entry.lines;
        return;
      case 'gap':
        this.gapBytes += entry.bytes;
        return;
      case 'skipped':
        this.skippedBytes += entry.bytes;
        return;
      case 'seen':
      case 'dead':
        return;
    }
  }
}
