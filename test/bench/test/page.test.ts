import { describe, expect, it } from 'vitest'
import { TOKEN_CACHE } from '../../../packages/core/src/options/read-options.ts'
import { FRAMEWORKS } from '../src/http/contestants.ts'
import { type Bearing, type HttpResults, LOAD_NAMES } from '../src/http/http.ts'
import { FLOOR, FRESH_STRING } from '../src/micro/contestants.ts'
import { ALGORITHMS, type MicroResults } from '../src/micro/micro.ts'
import { capacityChart } from '../src/page/charts.ts'
import { BEARWARD_ENTRIES } from '../src/page/memory-section.ts'
import { pageOf } from '../src/page/page.ts'
import { REASONS } from '../src/page/reasons.ts'
import type { Findings, Run } from '../src/results.ts'
import type { StartResults } from '../src/start/start.ts'
import { targetsOf } from '../src/targets.ts'

const costs = (...cpu: number[]) => cpu.map((each) => ({ cpu: each, wall: each }))

/** Three rounds, of which the second was slow for everybody. */
function microResults(ours: number): MicroResults {
  const all = {
    [FLOOR]: costs(10, 30, 10),
    [FRESH_STRING]: costs(0, 0, 0),
    bearward: costs(ours, 3 * ours, ours),
    jose: costs(40, 120, 40),
    'aws-jwt-verify': costs(20, 60, 20),
  }
  const modes = ALGORITHMS.map((name) => [name, { sequential: all, atOnce: all }])
  return {
    distinct: Object.fromEntries(modes) as MicroResults['distinct'],
    repeated: { one: all, thousand: all },
    refused: { garbage: all },
    profile: {
      once: { 'crypto.verify': 0.7, 'encoding/json': 0.1, 'subject/actor': 0.001 },
      again: { 'crypto.hash': 0.4, 'encoding/json': 0 },
    },
  }
}

function httpResults(ours = 22): HttpResults {
  const bearing = (cpu: number): Bearing[] => [
    { cpu, requests: 1, rate: 1e6 / cpu, p50: 1, p99: 2 },
  ]
  const all = { bare: bearing(20), bearward: bearing(ours), jose: bearing(40) }
  const framework = Object.fromEntries(FRAMEWORKS.map((name) => [name, all]))
  return Object.fromEntries(LOAD_NAMES.map((load) => [load, framework])) as unknown as HttpResults
}

const START: StartResults = {
  latency: 20,
  starts: { bare: [{ untilAnswered: 100, firstRequest: 5 }] },
  imports: {},
  installed: {},
}

const RUN: Run = {
  command: 'npm run bench',
  began: '2026-01-01T12:00:00.000Z',
  node: 'v24.0.0',
  machine: 'a machine',
  pinned: true,
}

function findings(major: number, ours: number): Findings {
  return {
    major,
    parts: {
      micro: { run: RUN, found: microResults(ours) },
      http: { run: RUN, found: httpResults() },
    },
  }
}

function page(...all: Findings[]): string {
  return pageOf(all)['performance.md']!
}

function rowsOf(all: Findings, id: string): string[][] {
  const rows = page(all)
    .split('\n')
    .filter((line) => line.startsWith(`| ${id} |`))
  return rows.map((line) => line.split(' | ').slice(-3))
}

describe('the page', () => {
  it('says where the time goes, the most of it first', () => {
    const [, , ...rows] = page(findings(24, 12))
      .split('### Where the time goes')[1]!
      .split('\n')
      .filter((line) => line.startsWith('|'))
    expect(rows.slice(0, 3)).toEqual([
      '| crypto.verify | 70.0 % | 0.0 % |',
      '| encoding/json | 10.0 % | 0.0 % |',
      '| crypto.hash | 0.0 % | 40.0 % |',
    ])
  })

  it('says of every target whether it is met', () => {
    expect(rowsOf(findings(24, 12), 'P1')).toEqual([['at most 1.25 x', '1.20', 'yes |']])
    expect(rowsOf(findings(24, 13), 'P1')).toEqual([['at most 1.25 x', '1.30', '**no** |']])
    expect(rowsOf(findings(24, 10), 'P3').map(([, measured]) => measured)).toEqual(['2', '4'])
    expect(rowsOf(findings(24, 10), 'P7')).toContainEqual(['at least 0.33 x', '0.91', 'yes |'])
    expect(rowsOf(findings(24, 10), 'P19')).toEqual([['at most 20 MB', '-', 'not measured |']])
  })

  it('shows how far the rounds lie apart', () => {
    expect(rowsOf(findings(24, 10), 'P5')).toEqual([
      ['at most 1.5 us', '10 (10 to 30)', '**no** |'],
    ])
    expect(page(findings(24, 10))).toContain('lie at most 200 % of it apart')
  })

  it('says how many rounds there were, and how far those of tokens seen before lie apart', () => {
    const some = findings(24, 10)
    const steady = { [FRESH_STRING]: costs(0, 0), bearward: costs(10, 11), jose: costs(40, 44) }
    const found = { ...microResults(10), repeated: { one: steady, thousand: steady } }
    const [distinct = '', repeated = ''] = page({ ...some, parts: { micro: { run: RUN, found } } })
      .split('### One verification')[1]!
      .split('A token that was seen before')
    expect(distinct).toContain('median of 3 rounds')
    expect(repeated).toContain('median of 2 rounds')
    expect(repeated).toContain('at most 10 % of it apart')
  })

  it('says how servers were kept', () => {
    const some = findings(24, 10)
    expect(page(some)).toContain('kept on one core')
    const run = { ...RUN, pinned: false }
    const parts = { http: { run, found: httpResults() } }
    expect(page({ ...some, parts })).not.toContain('kept on one core')
  })

  it('says how many tokens Bearward remembers', () => {
    expect(BEARWARD_ENTRIES).toBe(TOKEN_CACHE.maxEntries.toLocaleString('en'))
  })

  it('says why targets are missed, and only of those', () => {
    const missing = (ours: number) =>
      page(findings(24, ours))
        .split('\n')
        .filter((line) => line.startsWith('- **'))
        .map((line) => line.split(': ')[0])
    expect(missing(13)).toEqual(['- **P1**, **P2**, **P3**', '- **P5**'])
    expect(missing(1)).toEqual([])
  })

  it('gives reasons for targets that there are', () => {
    const ids = [24, 20].flatMap((major) => targetsOf({ major, parts: {} }).map(({ id }) => id))
    for (const { targets } of REASONS) expect(ids).toEqual(expect.arrayContaining([...targets]))
  })

  it('begins with what the figures come to', () => {
    const [before = ''] = page(findings(24, 10)).split('## Node')
    expect(before).toContain('| Express | 0.91 | 0.50 (jose) | 0.91 | 0.50 (jose) |')
    expect(before).toContain('Bearward takes 0.25 of its processor time')
    expect(before).toContain('a whole Express server with Bearward takes 0.55')
  })

  it('says whether everything comes from one run', () => {
    const some = findings(24, 10)
    expect(page(some)).toContain('Not measured: memory, start.')
    expect(page(some)).toContain('All of it comes from one run of one command.')
    const parts = {
      ...some.parts,
      memory: { run: RUN, found: { bearward: { heap: 4_000_000, peak: 2 } } },
      start: { run: RUN, found: START },
    }
    expect(page({ major: 24, parts })).toContain('All four parts come from one run')
    const later = { ...RUN, began: '2026-01-01T13:00:00.000Z' }
    const memory = { ...parts.memory, run: later }
    const apart = page({ major: 24, parts: { ...parts, memory } })
    expect(apart).toContain('does not come from one run')
    expect(apart).toContain('| micro, http, start | 2026-01-01 12:00 UTC |')
    expect(apart).toContain('| memory | 2026-01-01 13:00 UTC |')
  })

  it('has the targets of each version of Node, the newest first', () => {
    expect(targetsOf(findings(20, 10)).map(({ id }) => id)).toEqual(["P3'"])
    const both = page(findings(24, 10), findings(20, 10))
    expect(both.match(/^## Node \d+$/gm)).toEqual(['## Node 24', '## Node 20'])
  })

  it('shows charts of what has been measured', () => {
    const files = pageOf([findings(24, 10)])
    expect(Object.keys(files)).toEqual([
      'performance.md',
      'performance-http.svg',
      'performance-cpu.svg',
    ])
    expect(files['performance-http.svg']).toContain('>91</text>')
    expect(files['performance-cpu.svg']).toContain('>RS256, one after the other</text>')
    expect(files['performance-cpu.svg']).toContain('>RS256, 64 at once</text>')
    expect(() => pageOf([])).toThrow('npm run bench')
  })
  it('has room for guards that cost less than nothing', () => {
    const [, ...widths] = capacityChart(httpResults(10))
      .match(/(?<=<rect .*width=")\d+/g)!
      .map(Number)
    expect(capacityChart(httpResults(10))).toContain('>200</text>')
    expect(Math.max(...widths)).toBeLessThan(760 - 240)
  })
})
