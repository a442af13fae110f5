import { describe, expect, it } from 'vitest'
import { TOKEN_CACHE } from '../../../packages/core/src/options/token-cache-option.ts'
import { BAD_SIGNATURE, MEMORY, MEMORY_AND_TRIP, REDIS } from '../src/dpop/contestants.ts'
import type { DpopResults } from '../src/dpop/dpop.ts'
import { FRAMEWORKS } from '../src/http/contestants.ts'
import { type HttpResults, type HttpRound, LOAD_NAMES } from '../src/http/http.ts'
import { CASE_NAMES } from '../src/mcp/cases.ts'
import { MCP_GUARD, TOKEN_GUARD } from '../src/mcp/contestants.ts'
import type { McpResults } from '../src/mcp/mcp.ts'
import { FRESH_STRING, SIGNATURE_ALONE, WITH_DPOP } from '../src/micro/contestants.ts'
import { ALGORITHMS, type MicroResults } from '../src/micro/micro.ts'
import { createCapacityChart } from '../src/page/charts.ts'
import { BEARWARD_ENTRIES } from '../src/page/memory-section.ts'
import { createPages } from '../src/page/page.ts'
import { REASONS } from '../src/page/reasons.ts'
import type { Run, VersionResults } from '../src/results.ts'
import type { StartResults } from '../src/start/start.ts'
import { createTargets } from '../src/targets.ts'

const costs = (...cpu: number[]) => cpu.map((each) => ({ cpu: each, wall: each }))

/** Creates results of three rounds. In the second round, every contestant was slow. */
function createMicroResults(ours: number): MicroResults {
  const all = {
    [SIGNATURE_ALONE]: costs(10, 30, 10),
    [FRESH_STRING]: costs(0, 0, 0),
    bearward: costs(ours, 3 * ours, ours),
    jose: costs(40, 120, 40),
    'aws-jwt-verify': costs(20, 60, 20),
    'fast-jwt': costs(11, 33, 11),
  }
  const modes = ALGORITHMS.map((name) => [name, { sequential: all, atOnce: all }])
  return {
    distinct: Object.fromEntries(modes) as MicroResults['distinct'],
    repeated: { one: all, thousand: all },
    refused: { garbage: all },
    long: { 'a long string': all },
    profile: {
      once: { 'crypto.verify': 0.7, 'encoding/json': 0.1, 'subject/actor': 0.001 },
      again: { 'crypto.hash': 0.4, 'encoding/json': 0 },
    },
  }
}

function createHttpResults(ours = 22): HttpResults {
  const createRounds = (cpu: number): HttpRound[] => [
    { cpu, requests: 1, rate: 1e6 / cpu, p50: 1, p99: 2 },
  ]
  const all = {
    bare: createRounds(20),
    bearward: createRounds(ours),
    jose: createRounds(40),
    'express-oauth2-jwt-bearer': createRounds(50),
  }
  const framework = Object.fromEntries(FRAMEWORKS.map((name) => [name, all]))
  const names = [...LOAD_NAMES, 'first']
  return Object.fromEntries(names.map((name) => [name, framework])) as unknown as HttpResults
}

/** Creates results in which a request with a proof takes `ours` times as long as `crypto.verify`. */
function createDpopResults(ours: number): DpopResults {
  const signatures = {
    [SIGNATURE_ALONE]: costs(100, 300, 100),
    [MEMORY]: costs(100 * ours, 300 * ours, 100 * ours),
    [BAD_SIGNATURE]: costs(120, 360, 120),
  }
  return {
    signatures: { ES256: signatures, EdDSA: signatures },
    refused: { 'wrong key': costs(20), 'garbage of 8 kB': costs(61) },
    unbound: { bearward: costs(2, 4), [WITH_DPOP]: costs(2.1, 4.1) },
    stores: { [MEMORY]: costs(100), [MEMORY_AND_TRIP]: costs(200), [REDIS]: costs(250) },
  }
}

/** Creates results in which the MCP guard adds `added` microseconds to a request. The second round was slow. */
function createMcpResults(added: number): McpResults {
  const all = {
    [TOKEN_GUARD]: costs(100, 300, 100),
    [MCP_GUARD]: costs(100 + added, 400, 100 + added),
  }
  return Object.fromEntries(CASE_NAMES.map((name) => [name, all])) as unknown as McpResults
}

const START: StartResults = {
  latency: 20,
  starts: { bare: [{ untilAnswered: 100, firstRequest: 5 }] },
  imports: {},
  installed: {},
  workerBundle: 61_234,
}

const RUN: Run = {
  command: 'npm run bench',
  began: '2026-01-01T12:00:00.000Z',
  node: 'v24.0.0',
  machine: 'a machine',
  pinned: true,
}

function createResults(major: number, ours: number): VersionResults {
  return {
    major,
    parts: {
      micro: { run: RUN, found: createMicroResults(ours) },
      http: { run: RUN, found: createHttpResults() },
    },
  }
}

function createMarkdown(...all: VersionResults[]): string {
  return createPages(all)['test/bench/REPORT.md']!
}

/** Returns the last four cells of each row of a target: case, limit, measured, met. */
function getTargetRows(all: VersionResults, name: string): string[][] {
  const rows = createMarkdown(all)
    .split('\n')
    .filter((line) => line.startsWith(`| ${name} |`))
  return rows.map((line) => line.split(' | ').slice(-4))
}

describe('createPages', () => {
  it('createPages sorts the rows of the CPU profile by the column "every token once"', () => {
    const [, , ...rows] = createMarkdown(createResults(24, 12))
      .split('### CPU profile')[1]!
      .split('\n')
      .filter((line) => line.startsWith('|'))
    expect(rows.slice(0, 3)).toEqual([
      '| crypto.verify | 70.0 % | 0.0 % |',
      '| encoding/json | 10.0 % | 0.0 % |',
      '| crypto.hash | 0.0 % | 40.0 % |',
    ])
  })

  it('createPages shows whether each target is met', () => {
    const newTokens = (ours: number, major = 24) =>
      getTargetRows(createResults(major, ours), 'new tokens')
    expect(newTokens(12)).toEqual([
      ['RS256', '1.2 x', '1.20', 'yes |'],
      ['PS256', '1.2 x', '1.20', 'yes |'],
      ['ES256', '1.1 x', '1.20', '**no** |'],
      ['EdDSA', '1.08 x', '1.20', '**no** |'],
      ['RS256', '1.05 x', '1.09', '**no** |'],
    ])
    expect(newTokens(13)[0]).toEqual(['RS256', '1.2 x', '1.30', '**no** |'])
    expect(newTokens(13, 20)[0]).toEqual(['RS256', '1.35 x', '1.30', 'yes |'])
    expect(getTargetRows(createResults(24, 10), 'refusals')).toEqual([
      ['garbage', '60 us', '10 (10 to 30)', 'yes |'],
    ])
    expect(getTargetRows(createResults(24, 151), 'long tokens')).toEqual([
      ['a long string', '150 us', '151 (151 to 453)', '**no** |'],
    ])
    expect(getTargetRows(createResults(24, 10), 'HTTP')).toEqual([
      ['Express', '48 us', '2', 'yes |'],
      ['Fastify', '48 us', '2', 'yes |'],
      ...FRAMEWORKS.map((name) => [name, '1 x', '0.55', 'yes |']),
      ['Express', '6 us', '2', 'yes |'],
      ['Fastify', '6 us', '2', 'yes |'],
    ])
    expect(getTargetRows(createResults(24, 10), 'first requests')).toEqual([
      ['Express', '1 x', '1', 'yes |'],
    ])
    expect(getTargetRows(createResults(24, 10), 'memory')).toEqual([
      ['', '20 MB', '-', 'not measured |'],
    ])
  })

  it('createPages compares new tokens over HTTP with the best other library', () => {
    const some = createResults(24, 10)
    const parts = { ...some.parts, http: { run: RUN, found: createHttpResults(44) } }
    expect(getTargetRows({ ...some, parts }, 'HTTP')[2]).toEqual([
      'Express',
      '1 x',
      '1.10',
      '**no** |',
    ])
  })

  it('createPages shows whether each target of DPoP proofs is met', () => {
    const getRows = (name: string, ours = 1.2) => {
      const parts = { dpop: { run: RUN, found: createDpopResults(ours) } }
      return getTargetRows({ major: 24, parts }, name)
    }
    expect(getRows('proofs')).toEqual([['ES256', '1.25 x', '1.20', 'yes |']])
    expect(getRows('proofs', 1.3)).toEqual([['ES256', '1.25 x', '1.30', '**no** |']])
    expect(getRows('unbound tokens')).toEqual([['', '0.3 us', '0.10 (0.10 to 0.10)', 'yes |']])
    expect(getRows('refused proofs')).toEqual([
      ['wrong key', '60 us', '20', 'yes |'],
      ['garbage of 8 kB', '60 us', '61', '**no** |'],
      ['ES256', '1.25 x', '1.20', 'yes |'],
    ])
    expect(getRows('proofs in Redis')).toEqual([['', '1 x', '1.50', '**no** |']])
    expect(getTargetRows(createResults(24, 10), 'proofs')).toEqual([
      ['ES256', '1.25 x', '-', 'not measured |'],
    ])
  })

  it('createPages shows the costs of DPoP proofs, if they were measured', () => {
    const parts = { dpop: { run: RUN, found: createDpopResults(1.2) } }
    const report = createMarkdown({ major: 24, parts })
    for (const row of [
      '| crypto.verify | 100 (1) | 100 (1) |',
      '| bearward | 120 (1.20) | 120 (1.20) |',
      '| 20 | 61 |',
      '| bearward, option dpop | 3.10 |',
      '| bearward, Redis | 250 | 250 |',
    ])
      expect(report).toContain(row)
    expect(report).toContain('adds\n1.50 times the elapsed time')
    expect(createMarkdown(createResults(24, 10))).not.toContain('### DPoP proofs')
  })

  it('createPages shows what the MCP guard adds to a request, and whether its target is met', () => {
    const create = (added: number): VersionResults => ({
      major: 24,
      parts: { mcp: { run: RUN, found: createMcpResults(added) } },
    })
    expect(getTargetRows(create(50), 'MCP')).toEqual([
      ['one call', '50 us', '50 (50 to 100)', 'yes |'],
      ['100 calls, 20 scopes', '50 us', '50 (50 to 100)', 'yes |'],
    ])
    expect(getTargetRows(create(51), 'MCP')[1]!.at(-1)).toBe('**no** |')
    expect(getTargetRows(createResults(24, 10), 'MCP')[1]).toEqual([
      '100 calls, 20 scopes',
      '50 us',
      '-',
      'not measured |',
    ])
    const report = createMarkdown(create(50))
    for (const row of [
      '|  | one call | 100 calls, 20 scopes | 100 calls, 100 scopes |',
      '| bearward, then JSON.parse | 100 | 100 | 100 |',
      '| bearward, MCP guard | 150 | 150 | 150 |',
      '| added by the MCP guard | 50 (50 to 100) | 50 (50 to 100) | 50 (50 to 100) |',
    ])
      expect(report).toContain(row)
    expect(createMarkdown(createResults(24, 10))).not.toContain('### MCP guard')
  })

  it('createPages shows the bytes of a bundle for a worker', () => {
    const parts = { start: { run: RUN, found: START } }
    expect(getTargetRows({ major: 24, parts }, 'bundle')).toEqual([
      ['', '60 kB', '61.2', '**no** |'],
    ])
    expect(createMarkdown({ major: 24, parts })).toContain('is one file of 61.2 kB')
  })

  it('createPages shows the median and the range over the rounds', () => {
    expect(getTargetRows(createResults(24, 10), 'cached tokens')).toEqual([
      ['', '2 us', '10 (10 to 30)', '**no** |'],
    ])
    expect(createMarkdown(createResults(24, 10))).toContain('is at most 200 % of the median')
  })

  it('createPages shows the rounds and the range separately for new and for cached tokens', () => {
    const some = createResults(24, 10)
    const steady = { [FRESH_STRING]: costs(0, 0), bearward: costs(10, 11), jose: costs(40, 44) }
    const found = { ...createMicroResults(10), repeated: { one: steady, thousand: steady } }
    const [distinct = '', repeated = ''] = createMarkdown({
      ...some,
      parts: { micro: { run: RUN, found } },
    })
      .split('### One verification')[1]!
      .split('A token that was verified before')
    expect(distinct).toContain('median of 3 rounds')
    expect(repeated).toContain('median of 2 rounds')
    expect(repeated).toContain('at most 10 % of the median')
  })

  it('createPages mentions pinned servers only if they were pinned', () => {
    const some = createResults(24, 10)
    expect(createMarkdown(some)).toContain('pinned to one core')
    const run = { ...RUN, pinned: false }
    const parts = { http: { run, found: createHttpResults() } }
    expect(createMarkdown({ ...some, parts })).not.toContain('pinned to one core')
  })

  it('BEARWARD_ENTRIES is the default size of the token cache', () => {
    expect(BEARWARD_ENTRIES).toBe(TOKEN_CACHE.maxEntries.toLocaleString('en'))
  })

  it('createPages lists reasons only for missed targets', () => {
    const missing = (ours: number) =>
      createMarkdown(createResults(24, ours))
        .split('\n')
        .filter((line) => line.startsWith('- **'))
        .map((line) => line.split(': ')[0])
    expect(missing(13)).toEqual(['- **new tokens**', '- **cached tokens**'])
    expect(missing(1)).toEqual([])
  })

  it('REASONS names only existing targets', () => {
    const names = createTargets({ major: 24, parts: {} }).map(({ name }) => name)
    for (const { targets } of REASONS) expect(names).toEqual(expect.arrayContaining([...targets]))
  })

  it('createPages begins the report with an overview of the results', () => {
    const [before = ''] = createMarkdown(createResults(24, 10)).split('## Node')
    expect(before).toContain('| Express | 0.91 | 0.50 (jose) | 0.91 | 0.50 (jose) |')
    expect(before).toContain('Bearward takes 0.25 of the processor time of jose')
    expect(before).toContain('an Express server with Bearward takes 0.55')
  })

  it('createPages shows whether all parts come from one run', () => {
    const some = createResults(24, 10)
    expect(createMarkdown(some)).toContain('Not measured: dpop, mcp, memory, start.')
    expect(createMarkdown(some)).toContain('All measured parts come from one run of one command.')
    const parts = {
      ...some.parts,
      dpop: { run: RUN, found: createDpopResults(1.2) },
      mcp: { run: RUN, found: createMcpResults(20) },
      memory: { run: RUN, found: { bearward: { heap: 4_000_000, peak: 2 } } },
      start: { run: RUN, found: START },
    }
    expect(createMarkdown({ major: 24, parts })).toContain('All parts come from one run')
    const later = { ...RUN, began: '2026-01-01T13:00:00.000Z' }
    const memory = { ...parts.memory, run: later }
    const apart = createMarkdown({ major: 24, parts: { ...parts, memory } })
    expect(apart).toContain('The parts come from different runs.')
    expect(apart).toContain('| micro, dpop, mcp, http, start | 2026-01-01 12:00 UTC |')
    expect(apart).toContain('| memory | 2026-01-01 13:00 UTC |')
  })

  it('createPages lists the versions of Node, the newest first', () => {
    const both = createMarkdown(createResults(24, 10), createResults(20, 10))
    expect(both.match(/^## Node \d+$/gm)).toEqual(['## Node 24', '## Node 20'])
  })

  it('createPages creates the page, the report and a chart for each measured part, and throws without results', () => {
    const files = createPages([createResults(24, 10)])
    expect(Object.keys(files)).toEqual([
      'docs/performance.md',
      'docs/performance-http.svg',
      'test/bench/report-cpu.svg',
      'test/bench/REPORT.md',
    ])
    expect(files['docs/performance-http.svg']).toContain('>91</text>')
    expect(files['test/bench/report-cpu.svg']).toContain('>RS256, one at a time</text>')
    expect(files['test/bench/report-cpu.svg']).toContain('>RS256, 64 at the same time</text>')
    const report = files['test/bench/REPORT.md']!
    expect(report).toContain('![performance-http](../../docs/performance-http.svg)')
    expect(report).toContain('![report-cpu](report-cpu.svg)')
    expect(() => createPages([])).toThrow('npm run bench')
  })

  it('createPages creates a page with one table of the added processor time and one chart', () => {
    const page = createPages([createResults(24, 10)])['docs/performance.md']!
    const rows = page.split('\n').filter((line) => line.startsWith('|'))
    expect(rows).toEqual([
      '| framework | cached token: Bearward | best other library | new token: Bearward | best other library |',
      '| --- | ---: | --- | ---: | --- |',
      '| Express | 2 | 20 (jose) | 2 | 20 (jose) |',
      '| Koa | 2 | 20 (jose) | 2 | 20 (jose) |',
      '| Fastify | 2 | 20 (jose) | 2 | 20 (jose) |',
    ])
    expect(page.match(/^!\[.*$/gm)).toEqual([
      '![Capacity of an API with a guard](performance-http.svg)',
    ])
    expect(page).toContain('Measured on 2026-01-01 with Node 24.0.0 on one machine: a machine.')
    expect(page).toContain('Each figure is the median of 1 rounds.')
  })

  it('createPages creates the page from the newest version of Node with results over HTTP', () => {
    const { micro } = createResults(24, 10).parts
    const newest: VersionResults = { major: 26, parts: { micro: micro! } }
    const files = createPages([newest, createResults(24, 10)])
    expect(files['docs/performance.md']).toContain('with Node 24.0.0')
    expect(Object.keys(createPages([newest]))).toEqual([
      'test/bench/report-cpu.svg',
      'test/bench/REPORT.md',
    ])
  })

  it('createCapacityChart keeps bars for more than 100 percent inside the chart', () => {
    const [, ...widths] = createCapacityChart(createHttpResults(10))
      .match(/(?<=<rect .*width=")\d+/g)!
      .map(Number)
    expect(createCapacityChart(createHttpResults(10))).toContain('>200</text>')
    expect(Math.max(...widths)).toBeLessThan(760 - 240)
  })
})
