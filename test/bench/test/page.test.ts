import { describe, expect, it } from 'vitest'
import { FRAMEWORKS } from '../src/http/contestants.ts'
import type { Bearing, HttpResults } from '../src/http/http.ts'
import { FLOOR, FRESH_STRING } from '../src/micro/contestants.ts'
import { ALGORITHMS, type MicroResults } from '../src/micro/micro.ts'
import { pageOf } from '../src/page/page.ts'
import type { Run } from '../src/results.ts'
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

function httpResults(): HttpResults {
  const bearing = (cpu: number): Bearing[] => [
    { cpu, requests: 1, rate: 1e6 / cpu, p50: 1, p99: 2 },
  ]
  const all = { bare: bearing(20), bearward: bearing(22) }
  const framework = Object.fromEntries(FRAMEWORKS.map((name) => [name, all]))
  const loads = ['one token', '1,000 tokens', 'every token once', 'bad signatures']
  return Object.fromEntries(loads.map((load) => [load, framework])) as unknown as HttpResults
}

function run(major: number, ours: number): Run {
  const where = { node: `v${major}.0.0`, machine: 'a machine', date: '2026-01-01', command: 'npm' }
  return {
    major,
    parts: {
      micro: { ...where, part: 'micro', found: microResults(ours) },
      http: { ...where, part: 'http', found: httpResults() },
    },
  }
}

function rowsOf(runs: Run[], id: string): string[][] {
  const { 'performance.md': page = '' } = pageOf(runs)
  const rows = page.split('\n').filter((line) => line.startsWith(`| ${id} |`))
  return rows.map((line) => line.split(' | ').slice(-3))
}

describe('the page', () => {
  it('says where the time goes, the most of it first', () => {
    const { 'performance.md': page = '' } = pageOf([run(24, 12)])
    const [, , ...rows] = page
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
    expect(rowsOf([run(24, 12)], 'P1')).toEqual([['at most 1.25 x', '1.20', 'yes |']])
    expect(rowsOf([run(24, 13)], 'P1')).toEqual([['at most 1.25 x', '1.30', '**no** |']])
    expect(rowsOf([run(24, 10)], 'P3').map(([, measured]) => measured)).toEqual(['2', '4'])
    expect(rowsOf([run(24, 10)], 'P7')).toContainEqual(['at least 0.33 x', '0.91', 'yes |'])
    expect(rowsOf([run(24, 10)], 'P19')).toEqual([['at most 20 MB', '-', 'not measured |']])
  })

  it('has the targets of each version of Node, the newest first', () => {
    expect(targetsOf(run(20, 10)).map(({ id }) => id)).toEqual(["P3'"])
    const page = pageOf([run(24, 10), run(20, 10)])['performance.md']!
    expect(page.match(/^## Node \d+$/gm)).toEqual(['## Node 24', '## Node 20'])
  })

  it('shows charts of what has been measured', () => {
    const files = pageOf([run(24, 10)])
    expect(Object.keys(files)).toEqual([
      'performance.md',
      'performance-http.svg',
      'performance-cpu.svg',
    ])
    expect(files['performance-http.svg']).toContain('>91</text>')
    expect(() => pageOf([])).toThrow('npm run bench')
  })
})
