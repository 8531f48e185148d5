/** The commented `almadia.yaml` that `init` writes, and the `.env` of seed A, made from the declaration. */
import type { SectionName } from './declaration.ts';
import { declaration } from './declaration.ts';
import type { Section, Setting } from './setting.ts';

type Language = 'en' | 'es';

const lineLength = 100;

const headings: Readonly<Record<SectionName | 'file' | 'rare', Readonly<Record<Language, string>>>> = {
  file: {
    en: 'Configuration of the Almadía agent. `almadia check` tests it; docs/configuration.md explains it. Values may be `${NAME}` or `${NAME:-default}`, filled from the environment. Relative paths are taken from the directory of this file.',
    es: 'Configuración del agente de Almadía. `almadia check` la prueba; docs/configuration.md la explica. Los valores pueden ser `${NAME}` o `${NAME:-valor}`, tomados del entorno. Las rutas relativas parten del directorio de este archivo.',
  },
  rare: { en: 'Rarely needed:', es: 'Rara vez hace falta:' },
  agent: { en: 'The agent itself.', es: 'El propio agente.' },
  sources: { en: 'What is followed.', es: 'Lo que se sigue.' },
  output: { en: 'Where the lines go.', es: 'Adónde van las líneas.' },
  batch: { en: 'When lines are sent.', es: 'Cuándo se envían las líneas.' },
  spool: {
    en: 'What is kept while the server is away.',
    es: 'Lo que se guarda mientras el servidor falta.',
  },
  retry: { en: 'How sending is tried again.', es: 'Cómo se reintenta el envío.' },
  limits: {
    en: 'What the agent may take of its machine.',
    es: 'Lo que el agente puede tomar de su máquina.',
  },
};

export function exampleYaml(language: Language): string {
  const lines = comment(headings.file[language], '');
  for (const [name, section] of Object.entries(declaration) as [SectionName, Section][]) {
    lines.push('', ...comment(headings[name][language], ''), `${name}:`);
    lines.push(...sectionLines(section, { language, list: name === 'sources' }));
  }
  return `${lines.join('\n')}\n`;
}

/** For those who know seed A: the same names, with a sentence each. */
export function exampleEnv(language: Language): string {
  const rows: readonly (readonly [string, string, string])[] = [
    ['SOURCE=my_server', 'What the server calls this machine.', 'Cómo llama el servidor a esta máquina.'],
    ['LOG_FILE=/var/log/my_app.log', 'The log file to follow.', 'El archivo de log que se sigue.'],
    [
      'API_URL=http://localhost:8000/api/',
      'The base address; /logs is added to it.',
      'La dirección base; se le añade /logs.',
    ],
    ['API_TOKEN=change_me', 'The token that the server accepts.', 'El token que acepta el servidor.'],
    [
      'BATCH_INTERVAL=0.5',
      'Seconds until a batch is sent, with decimals if need be.',
      'Segundos hasta enviar un lote, con decimales si hace falta.',
    ],
    [
      'MAX_RETRIES=5',
      'After so many faults of the server a batch is set aside, kept and replayable.',
      'Tras tantos fallos del servidor un lote se aparta, guardado y repetible.',
    ],
    ['RETRY_DELAY=2', 'Seconds between two tries.', 'Segundos entre dos intentos.'],
    [
      'STATE_FILE=./state/agent.state',
      'The original kept its state here; Almadía keeps it in the directory STATE_FILE.almadia.',
      'El original guardaba aquí su estado; Almadía lo guarda en el directorio STATE_FILE.almadia.',
    ],
    [
      '# SSL_CERT_FILE=/etc/ssl/my-ca.pem',
      "PEM certificates to trust instead of the system's.",
      'Certificados PEM en los que confiar en lugar de los del sistema.',
    ],
  ];
  return rows.map(([line, en, es]) => `# ${language === 'es' ? es : en}\n${line}\n`).join('\n');
}

function sectionLines(
  section: Section,
  how: { readonly language: Language; readonly list: boolean },
): string[] {
  const { language, list } = how;
  const indent = list ? '    ' : '  ';
  const settings = Object.values(section);
  const lines: string[] = [];
  for (const setting of settings.filter(({ rare }) => !rare)) {
    lines.push(...comment(setting[language], indent), `${indent}${entryOf(setting)}`);
  }
  const rare = settings.filter((setting) => setting.rare);
  if (rare.length > 0) lines.push(`${indent}# ${headings.rare[language]}`);
  for (const setting of rare) {
    lines.push(...comment(setting[language], indent), `${indent}# ${entryOf(setting)}`);
  }
  // The first entry of a list's section carries its dash; comments before it stand where they are.
  const first = lines.findIndex((line) => !line.trimStart().startsWith('#'));
  if (list) lines[first] = `  - ${lines[first]!.trimStart()}`;
  return lines;
}

function entryOf(setting: Setting<unknown>): string {
  return `${setting.key}: ${setting.example ?? writtenDefault(setting)}`;
}

/** As the file would have it. */
export function writtenDefault(setting: Setting<unknown>): string {
  if (setting.shape === 'one') return scalarText(setting.field.write(setting.default));
  const items = (setting.default as readonly unknown[]).map((item) =>
    JSON.stringify(setting.field.write(item)),
  );
  return `[${items.join(', ')}]`;
}

export function scalarText(found: string | number | boolean | null): string {
  if (typeof found !== 'string') return String(found);
  return /^[A-Za-z0-9./][\w./-]*$/.test(found) && !/^(?:true|false|null|[\d.eE+-]+)$/i.test(found)
    ? found
    : JSON.stringify(found);
}

function comment(text: string, indent: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > lineLength) lines.push(`${indent}# ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
