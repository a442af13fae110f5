import { Session } from 'node:inspector/promises'
import type { Profiler } from 'node:inspector'

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
  return toProfile(profile)
}

/** Converts a V8 profile. The time of a called function counts for the called function, not for its caller. */
export function toProfile({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Profile {
  const places = toPlaces(nodes)
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
 * Returns the place of every node. A regular expression belongs to the place of its caller. Functions of Node that the
 * benchmark calls belong to the benchmark: most of them create the strings of the tokens.
 */
function toPlaces(nodes: readonly Profiler.ProfileNode[]): ReadonlyMap<number, string> {
  const callers = new Map(
    nodes.flatMap((caller) => (caller.children ?? []).map((id) => [id, caller] as const)),
  )
  const place = ({ id, callFrame }: Profiler.ProfileNode): string => {
    const caller = callers.get(id)
    if (caller !== undefined && callFrame.functionName.startsWith('RegExp:')) return place(caller)
    const own = toPlace(callFrame)
    const isForBenchmark = own === NODE && caller !== undefined && place(caller) === BENCHMARK
    return isForBenchmark ? BENCHMARK : own
  }
  return new Map(nodes.map((node) => [node.id, place(node)]))
}

const NODE = 'Node: buffers, strings, JSON'
const BENCHMARK = 'the benchmark itself'

/** Native functions of Node, with the place to which they belong. */
const NATIVE: Readonly<Record<string, string>> = {
  SignJob: 'crypto.verify',
  run: 'crypto.verify',
  oneShotDigest: 'crypto.hash',
}

function toPlace({ url, functionName }: Profiler.ProfileNode['callFrame']): string {
  const own = /\/core\/dist\/(.*)\.js$/.exec(url)?.[1]
  if (own !== undefined) return own
  if (functionName === '(garbage collector)') return 'garbage collector'
  if (url === 'node:internal/crypto/sig') return 'crypto.verify'
  if (url === 'node:internal/crypto/hash') return 'crypto.hash'
  if (url.includes('lru-cache')) return 'lru-cache'
  if (functionName.startsWith('(')) return 'the engine itself'
  if (url === '') return NATIVE[functionName] ?? NODE
  return url.startsWith('node:') ? NODE : BENCHMARK
}
