import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { addedBy, type ByName, capacityOf, cpu, differing, throughputOf } from '../comparisons.ts'
import { BARE, FRAMEWORKS } from '../http/contestants.ts'
import { LOAD_NAMES } from '../http/http.ts'
import { FRESH_STRING } from '../micro/contestants.ts'
import { ALGORITHMS } from '../micro/micro.ts'
import { PARTS, readRuns, type Run } from '../results.ts'
import { median } from '../statistics.ts'
import { isMet, targetsOf } from '../targets.ts'
import { capacityChart, verificationChart } from './charts.ts'
import { figure, table } from './table.ts'

const DOCS = fileURLToPath(new URL('../../../../docs/', import.meta.url))

/** Writes what has been found to `docs/performance.md` and its charts. Returns the names of the files. */
export async function writePage(): Promise<string[]> {
  const files = pageOf(await readRuns())
  for (const [name, content] of Object.entries(files)) await writeFile(`${DOCS}${name}`, content)
  return Object.keys(files)
}

/** The files of the page, by name. The charts show the newest Node. */
export function pageOf(runs: readonly Run[]): Record<string, string> {
  const [newest] = runs
  if (newest === undefined) throw new Error('nothing has been measured: npm run bench')
  const charts: Record<string, string> = {}
  if (newest.parts.http) charts['performance-http.svg'] = capacityChart(newest.parts.http.found)
  if (newest.parts.micro)
    charts['performance-cpu.svg'] = verificationChart(newest.parts.micro.found)
  const page = [INTRODUCTION, ...Object.keys(charts).map(image), ...runs.flatMap(sectionsOf)]
  return { 'performance.md': `${page.join('\n\n')}\n`, ...charts }
}

const INTRODUCTION = `# Performance

In short: where tokens come again, Bearward adds far less than the others, because it remembers verified tokens and all but
one of the others here do not. Where every token is new it costs as much as jose, express-oauth2-jwt-bearer or express-jwt,
within what this measurement can tell. The large lead over jose in "one after the other" is mostly gone with 64 at once and over
HTTP, which is what a server sees.

Written by \`npm run bench -- page\` from the last results of \`npm run bench\`. The contestants take turns, in another order
every round; all figures are medians of rounds. Ratios and differences are medians of those within one round, so that they need
not agree with the difference of two rows. Processor time is steadier than requests a second, but not exact: on a shared machine
of two cores, differences of a few microseconds over HTTP, of some 10 % in "One verification", or of 20 ms in "Start" mean
nothing, and a cost below zero is such noise. Every token is like those of RFC 9068 (about 1,000 characters with RS256), and every
contestant checks signature, issuer, audience and expiry. The versions of the peers are those in the lockfile, the options that they run
with stand in \`test/bench/src/http\` and \`test/bench/src/micro\`.`

const image = (name: string) => `![${name.replace('.svg', '')}](${name})`

/** Written by hand, beside the profile that shows it: why targets are missed. */
const WHY_NOT = `Why targets are missed:

- **P1 to P4**: the targets were set with a prototype that did less, and have been left as they were. Beside the signature, Bearward
  checks that base64url has its one spelling and that no member of a JSON object is written twice, freezes what it hands out, and
  classifies the token and its subject. "Where the time goes" has the parts; the signature itself is about half.
- **P5** and **P6**: tokens are not kept in memory, so a token that comes again is hashed. The hash and the parsing of the header are about
  half of what verification then costs.
- **P6** and **P7**: part of what is added may be the load generator's doing: a slower server finds more of its clients asleep, and has to
  wake them. This applies to the peers as well, the slower ones more; how much it is has not been measured.
- **P10**: importing the package is one half of it, and the first use of the global \`fetch\` the other. \`ready()\` moves both to where nobody
  waits.`

const WHY_NOT_BEFORE_24 = `**P3'** is P3 for Node 20, with fast-jwt as well. Where it is missed, Bearward costs more on Node 20 for a new token than those
two do; the cause has not been found yet.`

function sectionsOf(run: Run): string[] {
  const { major, parts } = run
  const isMissed = targetsOf(run).some((target) =>
    target.goals.some((goal) => isMet(target, goal) === false),
  )
  return [
    `## Node ${major}`,
    conditions(run),
    '### Targets',
    targets(run),
    ...(isMissed ? [major >= 24 ? WHY_NOT : WHY_NOT_BEFORE_24] : []),
    ...(parts.micro ? micro(parts.micro.found) : []),
    ...(parts.http ? http(parts.http.found) : []),
    ...(parts.memory ? memory(parts.memory.found) : []),
    ...(parts.start ? start(parts.start.found) : []),
  ]
}

function conditions({ parts }: Run): string {
  return table(
    ['command', 'Node', 'date', 'machine'],
    PARTS.flatMap((part) => parts[part] ?? []).map(({ command, node, date, machine }) => [
      `\`${command}\``,
      node,
      date,
      machine,
    ]),
  )
}

function targets(run: Run): string {
  return table(
    ['', 'what', 'where', 'target', 'measured', 'met'],
    targetsOf(run).flatMap((target) =>
      target.goals.map((goal) => {
        const met = isMet(target, goal)
        return [
          target.id,
          target.what,
          goal.of,
          `${target.bound} ${goal.limit} ${target.unit}`.trim(),
          figure(goal.measured),
          met === undefined ? 'not measured' : met ? 'yes' : '**no**',
        ]
      }),
    ),
  )
}

type Found<P extends keyof Run['parts']> = NonNullable<Run['parts'][P]>['found']

const medianOf = <T>(values: readonly T[] | undefined, value: (of: T) => number) =>
  values && median(values.map(value))

/** The names of all contestants that take part somewhere. */
const namesIn = <T>(all: readonly ByName<T>[]) => [...new Set(all.flatMap(Object.keys))]

function micro({ distinct, repeated, refused, profile }: Found<'micro'>): string[] {
  const modes = ALGORITHMS.map((algorithm) => distinct[algorithm])
  const kinds = Object.keys(refused)
  return [
    '### One verification',
    'Microseconds of processor time, every token once: one after the other / 64 at once. Keys are at hand.',
    table(
      ['', ...ALGORITHMS],
      namesIn(modes.map(({ sequential }) => sequential)).map((name) => [
        name,
        ...modes.map(({ sequential, atOnce }) =>
          [sequential, atOnce].map((costs) => figure(medianOf(costs[name], cpu))).join(' / '),
        ),
      ]),
    ),
    'Verifications a second, one after the other.',
    table(
      ['', ...ALGORITHMS],
      namesIn(modes.map(({ sequential }) => sequential)).map((name) => [
        name,
        ...modes.map(({ sequential }) =>
          figure(medianOf(sequential[name], ({ wall }) => 1e6 / wall)),
        ),
      ]),
    ),
    'A token that was seen before: microseconds of processor time over what a fresh string of it costs.',
    table(
      ['', 'the same token', 'one of 1,000'],
      namesIn([repeated.one])
        .filter((name) => name !== FRESH_STRING)
        .map((name) => [
          name,
          ...[repeated.one, repeated.thousand].map((costs) =>
            figure(differing(costs, name, FRESH_STRING, cpu)),
          ),
        ]),
    ),
    'A token that is refused: microseconds of processor time.',
    table(
      ['', ...kinds],
      namesIn(Object.values(refused)).map((name) => [
        name,
        ...kinds.map((kind) => figure(medianOf(refused[kind]![name], cpu))),
      ]),
    ),
    '### Where the time goes',
    `What Bearward does with RS256 tokens, as the profiler of the engine sees it: parts of the time, by the file of the core. What
is less than a hundredth in both is left out.`,
    table(
      ['', 'every token once', 'one of 1,000 that were seen before'],
      Object.keys({ ...profile.once, ...profile.again })
        .map((place) => [place, profile.once[place] ?? 0, profile.again[place] ?? 0] as const)
        .filter(([, once, again]) => Math.max(once, again) >= 0.01)
        .sort(([, a], [, b]) => b - a)
        .map(([place, ...parts]) => [
          place,
          ...parts.map((part) => `${(100 * part).toFixed(1)} %`),
        ]),
    ),
  ]
}

function http(found: Found<'http'>): string[] {
  const headings = ['', 'CPU us', 'added', 'x bare, capacity', 'x bare, requests/s', 'requests/s']
  return [
    '### Over HTTP',
    `A server of its own for each, kept on one core, keys fetched from another process; 64 connections that always wait for an
answer. \`CPU us\` is the processor time of the server a request, \`added\` what of it the framework alone does not take;
\`capacity\` compares the requests that one core can bear. Latencies are those of a server under full load.`,
    ...LOAD_NAMES.flatMap((load) => [
      `#### ${load[0]!.toUpperCase()}${load.slice(1)}`,
      table(
        [...headings, 'p50 ms', 'p99 ms'],
        FRAMEWORKS.flatMap((framework) =>
          Object.entries(found[load][framework]).map(([name, rounds]) => {
            const all = found[load][framework]
            return [
              `${framework}: ${name}`,
              figure(medianOf(rounds, cpu)),
              name === BARE ? '-' : figure(addedBy(all, name)),
              name === BARE ? '-' : figure(capacityOf(all, name)),
              name === BARE ? '-' : figure(throughputOf(all, name)),
              figure(medianOf(rounds, ({ rate }) => rate)),
              figure(medianOf(rounds, ({ p50 }) => p50)),
              figure(medianOf(rounds, ({ p99 }) => p99)),
            ]
          }),
        ),
      ),
    ]),
  ]
}

function memory(found: Found<'memory'>): string[] {
  return [
    '### Memory',
    `A million HS256 tokens, each of them twice: what they leave on the heap, and the most memory the process has had. The caches
have the size that each library gives them by default (Bearward: 5,000 entries), so these are not costs an entry.`,
    table(
      ['', 'heap MB', 'peak MB'],
      Object.entries(found).map(([name, { heap, peak }]) => [
        name,
        (heap / 1e6).toFixed(1),
        (peak / 1e6).toFixed(0),
      ]),
    ),
  ]
}

function start({ latency, starts, imports, installed }: Found<'start'>): string[] {
  return [
    '### Start',
    `An Express API, from the start of its process to the answer to its first request, in milliseconds. Every answer of the
authorization server takes ${latency} ms, over plain HTTP.`,
    table(
      ['', 'until the first answer', 'over bare', 'the first request'],
      Object.entries(starts).map(([name, rounds]) => [
        name,
        figure(medianOf(rounds, ({ untilAnswered }) => untilAnswered)),
        figure(differing(starts, name, BARE, ({ untilAnswered }) => untilAnswered)),
        figure(medianOf(rounds, ({ firstRequest }) => firstRequest)),
      ]),
    ),
    'What is installed besides the framework, and what it takes to import it.',
    table(
      ['', 'packages', 'kB', 'import ms'],
      Object.entries(installed).map(([name, { packages, bytes }]) => [
        name,
        String(packages),
        String(Math.round(bytes / 1000)),
        figure(medianOf(imports[name], (time) => time)),
      ]),
    ),
  ]
}
