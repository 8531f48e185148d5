// When the agent closes a batch by default (`batch.bytes`, `batch.records`); the naive agent's are as large.
export const batchBytes = 2 * 1024 * 1024;
export const batchRecords = 50_000;
