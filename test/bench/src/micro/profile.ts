import { readFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import type { Profiler } from 'node:inspector'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { fileURLToPath } from 'node:url'

/** Fractions of the total time, by place. A place is a file of the core, a library or a part of Node. */
export type Profile = Record<string, number>

/** Runs `work` with the V8 profiler. */
export async function recordProfile(work: () => Promise<void>): Promise<Profile> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 100 })
  await session.post('Profiler.start')
  await work()
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  return toProfile(profile, createSourceFinder())
}

/** Returns the source file of a function of the core, as a path without extension. `undefined` for other code. */
type FindSource = (callFrame: CallFrame) => string | undefined

type CallFrame = Profiler.ProfileNode['callFrame']

/** Creates a function that reads the source maps of the core, whose sources are bundled. */
function createSourceFinder(): FindSource {
  const maps = new Map<string, SourceMap>()
  return ({ url, lineNumber, columnNumber }) => {
    if (!/\/core\/dist\/.*\.js$/.test(url)) return undefined
    const map = maps.get(url) ?? readSourceMap(url)
    maps.set(url, map)
    const entry = map.findEntry(lineNumber, columnNumber)
    const source = 'originalSource' in entry ? entry.originalSource : url
    return source.replace(/^.*\/src\/|\.ts$/g, '')
  }
}

function readSourceMap(url: string): SourceMap {
  return new SourceMap(
    JSON.parse(readFileSync(fileURLToPath(`${url}.map`), 'utf8')) as SourceMapPayload,
  )
}

/** Converts a V8 profile. The time of a called function is not included in the time of its caller. */
export function toProfile(
  { nodes, samples = [], timeDeltas = [] }: Profiler.Profile,
  findSource: FindSource,
): Profile {
  const places = toPlaces(nodes, findSource)
  const times: Profile = {}
  let total = 0
  samples.forEach((id, i) => {
    const place = places.get(id)!
    const time = timeDeltas[i] ?? 0
    times[place] = (times[place] ?? 0) + time
    total += time
  })
  return Object.fromEntries(Object.entries(times).map(([place, time]) => [place, time / total]))
}

/**
 * Returns the place of every node. A regular expression has the place of its caller. Functions of Node that the
 * benchmark calls have the place of the benchmark: most of them create the strings of the tokens.
 */
function toPlaces(
  nodes: readonly Profiler.ProfileNode[],
  findSource: FindSource,
): ReadonlyMap<number, string> {
  const callers = new Map(
    nodes.flatMap((caller) => (caller.children ?? []).map((id) => [id, caller] as const)),
  )
  const place = ({ id, callFrame }: Profiler.ProfileNode): string => {
    const caller = callers.get(id)
    if (caller !== undefined && callFrame.functionName.startsWith('RegExp:')) return place(caller)
    const own = findSource(callFrame) ?? toPlace(callFrame)
    const isForBenchmark = own === NODE && caller !== undefined && place(caller) === BENCHMARK
    return isForBenchmark ? BENCHMARK : own
  }
  return new Map(nodes.map((node) => [node.id, place(node)]))
}

const NODE = 'Node: buffers, strings, JSON'
const BENCHMARK = 'the benchmark itself'

/** Native functions of Node, with their places. */
const NATIVE: Readonly<Record<string, string>> = {
  SignJob: 'crypto.verify',
  run: 'crypto.verify',
  oneShotDigest: 'crypto.hash',
}

function toPlace({ url, functionName }: CallFrame): string {
  if (functionName === '(garbage collector)') return 'garbage collector'
  if (url === 'node:internal/crypto/sig') return 'crypto.verify'
  if (url === 'node:internal/crypto/hash') return 'crypto.hash'
  if (functionName.startsWith('(')) return 'the engine itself'
  if (url === '') return NATIVE[functionName] ?? NODE
  return url.startsWith('node:') ? NODE : BENCHMARK
}
