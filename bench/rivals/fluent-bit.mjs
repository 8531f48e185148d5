// Fluent Bit where it is found on the path (or by BENCH_FLUENT_BIT): tail with its position kept in a database and its
// buffers on the disk, JSON over HTTP, two workers; with gzip where that is measured.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, startProcess } from '../support/processes.mjs';

const locate = () => findProgram('fluent-bit', 'BENCH_FLUENT_BIT');

export const fluentBit = {
  name: 'Fluent Bit',
  find: () => {
    const program = locate();
    if (program === null) return { missing: 'fluent-bit' };
    const version =
      /v([\d.]+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown';
    return { version, settings: 'tail with DB and filesystem storage, http json, flush 0.2 s, 2 workers' };
  },
  start: ({ directory, file, receiver, gzip }) => {
    const config = join(directory, 'fluent-bit.conf');
    writeFileSync(config, configuration({ directory, file, port: receiver.port, gzip }));
    return startProcess(locate(), ['-q', '-c', config], { directory });
  },
};

function configuration({ directory, file, port, gzip }) {
  return `[SERVICE]
    flush 0.2
    grace 10
    storage.path ${join(directory, 'chunks')}
    storage.max_chunks_up 64
[INPUT]
    name tail
    path ${file}
    path_key source
    key log_text
    db ${join(directory, 'tail.db')}
    read_from_head on
    buffer_chunk_size 1M
    buffer_max_size 4M
    static_batch_size 50M
    storage.type filesystem
    threaded on
[OUTPUT]
    name http
    match *
    host 127.0.0.1
    port ${port}
    uri /json
    format json
    json_date_key timestamp
    json_date_format iso8601
    workers 2
    retry_limit no_limits
${gzip ? '    compress gzip\n' : ''}`;
}
