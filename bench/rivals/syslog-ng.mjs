// syslog-ng of Debian's packages `syslog-ng-core` and `syslog-ng-mod-http`: flow control on, so that nothing is lost,
// batches as large as the agent's, two workers. BENCH_SYSLOG_NG names another binary.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, startProcess } from '../support/processes.mjs';

const find = () => {
  const program = findProgram('syslog-ng', 'BENCH_SYSLOG_NG');
  if (program === null) return { missing: 'syslog-ng-core and syslog-ng-mod-http' };
  const said = execFileSync(program, ['--version'], { encoding: 'utf8' });
  const version = /\(([\d.]+)\)/.exec(said)?.[1] ?? 'unknown';
  return { program, version, posts: /(^|,)http(,|$)/m.test(/Available-Modules: (.*)/.exec(said)?.[1] ?? '') };
};

export const syslogNg = {
  name: 'syslog-ng',
  find: () => {
    const found = find();
    if (found.missing) return found;
    if (!found.posts) return { missing: 'syslog-ng-mod-http' };
    return {
      version: found.version,
      settings: 'flow-control, http() with batches of 10000 or 1 MiB, 2 workers',
    };
  },
  start: ({ directory, file, receiver }) =>
    run(directory, { file, pollSeconds: 0.1, destination: httpDestination(receiver.url) }),
};

/** The same to a TCP receiver, for latency. It looks at its file a hundred times a second. */
export const syslogNgByLines = {
  name: 'syslog-ng',
  find: () => {
    const found = find();
    return found.missing
      ? found
      : { version: found.version, settings: 'follow-freq(0.01), network() over TCP, flow-control' };
  },
  start: ({ directory, file, receiver }) =>
    run(directory, {
      file,
      pollSeconds: 0.01,
      destination: `network("127.0.0.1" port(${receiver.linesPort}) transport("tcp") template("$MESSAGE\\n"))`,
    }),
};

function run(directory, { file, pollSeconds, destination }) {
  const { program, version } = find();
  const config = join(directory, 'syslog-ng.conf');
  writeFileSync(
    config,
    `@version: ${version.split('.').slice(0, 2).join('.')}
options { stats-freq(0); use-dns(no); dns-cache(no); log-msg-size(65536); log-fifo-size(200000); };
source files { file("${file}" flags(no-parse) follow-freq(${pollSeconds}) log-fetch-limit(1000) log-iw-size(50000)); };
destination there { ${destination}; };
log { source(files); destination(there); flags(flow-control); };
`,
  );
  const own = (name) => join(directory, name);
  const args = [
    '-F',
    '--no-caps',
    '-f',
    config,
    '-R',
    own('persist'),
    '-p',
    own('pid'),
    '-c',
    own('control'),
  ];
  return startProcess(program, args, { directory });
}

function httpDestination(url) {
  return `http(
    url("${url}/json") method("POST") headers("Content-Type: application/json")
    body-prefix("{\\"agent_id\\":\\"bench\\",\\"logs\\":[") delimiter(",") body-suffix("]}")
    body("$(format-json log_text=$MESSAGE source=$FILE_NAME timestamp=$ISODATE)")
    batch-lines(10000) batch-bytes(1048576) batch-timeout(500) workers(2) timeout(30))`;
}
