// rsyslog of Debian's packages `rsyslog` and `rsyslog-elasticsearch` (its only module in Debian that posts JSON over
// HTTP): imfile, one queue, batches as large as the agent's. Found on the path, or where BENCH_RSYSLOGD points: also into
// packages that were only unpacked (`dpkg -x`), whose libraries and modules are then taken from beside it.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { findProgram, startProcess } from '../support/processes.mjs';

export const rsyslog = {
  name: 'rsyslog',
  find: () => {
    const found = locate();
    if (found === null) return { missing: 'rsyslog' };
    if (!existsSync(join(found.modules, 'omelasticsearch.so'))) return { missing: 'rsyslog-elasticsearch' };
    return {
      version: versionOf(found),
      settings: 'imfile, omelasticsearch in bulks of 1 MB, batches of 10000',
    };
  },
  start: ({ directory, file, receiver }) => run(directory, { file, action: bulkAction(receiver.port) }),
};

/** The same to a TCP receiver, a line at a time, for latency: what it is best at. */
export const rsyslogByLines = {
  name: 'rsyslog',
  find: () => {
    const found = locate();
    if (found === null) return { missing: 'rsyslog' };
    return { version: versionOf(found), settings: 'imfile (inotify), omfwd over TCP' };
  },
  /** Its patterns have no `**`; files lie one directory deep. */
  patternOf: (pattern) => pattern.replace('**', '*'),
  start: ({ directory, file, receiver }) => run(directory, { file, action: lineAction(receiver.linesPort) }),
};

function locate() {
  const program = findProgram('rsyslogd', 'BENCH_RSYSLOGD');
  if (program === null) return null;
  const libraries = resolve(dirname(program), '../lib');
  const places = existsSync(libraries) ? readdirSync(libraries).map((name) => join(libraries, name)) : [];
  const place = [
    ...places,
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib/aarch64-linux-gnu',
    '/usr/lib64',
    '/usr/lib',
  ].find((candidate) => existsSync(join(candidate, 'rsyslog', 'imfile.so')));
  if (place === undefined) return null;
  return { program, modules: join(place, 'rsyslog'), env: { LD_LIBRARY_PATH: place } };
}

function versionOf({ program, env }) {
  const said = execFileSync(program, ['-v'], { encoding: 'utf8', env: { ...process.env, ...env } });
  return /rsyslogd\s+(\S+)/.exec(said)?.[1] ?? 'unknown';
}

function run(directory, { file, action }) {
  const { program, modules, env } = locate();
  writeFileSync(
    join(directory, 'rsyslog.conf'),
    `global(workDirectory="${directory}" maxMessageSize="64k")
module(load="imfile" mode="inotify")
module(load="omelasticsearch")
template(name="record" type="string" string="{\\"log_text\\":\\"%msg:::json%\\",\\"source\\":\\"%$!metadata!filename:::json%\\",\\"timestamp\\":\\"%timegenerated:::date-rfc3339%\\"}")
template(name="line" type="string" string="%msg%\\n")
ruleset(name="ship") {
  ${action}
}
input(type="imfile" file="${file}" tag="bench:" ruleset="ship" addMetadata="on" persistStateInterval="10000")
`.replace(
      'module(load="omelasticsearch")\n',
      action.includes('omelasticsearch') ? 'module(load="omelasticsearch")\n' : '',
    ),
  );
  const args = [
    '-n',
    '-f',
    join(directory, 'rsyslog.conf'),
    '-i',
    join(directory, 'rsyslog.pid'),
    '-M',
    modules,
  ];
  return startProcess(program, args, { directory, env });
}

const queue =
  'queue.type="LinkedList" queue.size="50000" queue.dequeueBatchSize="10000" queue.minDequeueBatchSize="1" action.resumeRetryCount="-1"';

function bulkAction(port) {
  return `action(type="omelasticsearch" server="127.0.0.1" serverport="${port}" template="record" searchIndex="bench" bulkmode="on" maxbytes="1m" queue.workerThreads="2" ${queue})`;
}

function lineAction(port) {
  return `action(type="omfwd" target="127.0.0.1" port="${port}" protocol="tcp" template="line" action.resumeRetryCount="-1")`;
}
