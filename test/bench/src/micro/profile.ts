import { Session } from 'node:inspector/promises'
import type { Profiler } from 'node:inspector'

/** Parts of the whole time, by where it was spent. */
export type Profile = Record<string, number>

/** Runs something under the profiler of the engine. */
export async function profileOf(work: () => Promise<void>): Promise<Profile> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 100 })
  await session.post('Profiler.start')
  await work()
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  return splitToken(profile)
}

/** By where: what a function calls counts for what it calls. */
export function splitToken({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Profile {
  const places = placesOf(nodes)
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
 * The place of every node. A regular expression is where its caller is, and so is what Node does for the benchmark:
 * a fresh string of every token, above all.
 */
function placesOf(nodes: readonly Profiler.ProfileNode[]): ReadonlyMap<number, string> {
  const callers = new Map(
    nodes.flatMap((caller) => (caller.children ?? []).map((id) => [id, caller] as const)),
  )
  const place = ({ id, callFrame }: Profiler.ProfileNode): string => {
    const caller = callers.get(id)
    if (caller !== undefined && callFrame.functionName.startsWith('RegExp:')) return place(caller)
    const own = placeOf(callFrame)
    const isForBenchmark = own === NODE && caller !== undefined && place(caller) === BENCHMARK
    return isForBenchmark ? BENCHMARK : own
  }
  return new Map(nodes.map((node) => [node.id, place(node)]))
}

const NODE = 'Node: buffers, texts, JSON'
const BENCHMARK = 'the benchmark itself'

/** What the functions of Node that are not written in JavaScript are called. */
const NATIVE: Readonly<Record<string, string>> = {
  SignJob: 'crypto.verify',
  run: 'crypto.verify',
  oneShotDigest: 'crypto.hash',
}

function placeOf({ url, functionName }: Profiler.ProfileNode['callFrame']): string {
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
