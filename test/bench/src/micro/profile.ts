import { Session } from 'node:inspector/promises'
import type { Profiler } from 'node:inspector'

/** Parts of the whole time, by where it was spent. */
export type Profile = Record<string, number>

/** Runs something under the profiler of the engine: what a function calls counts for what it calls. */
export async function profileOf(work: () => Promise<void>): Promise<Profile> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 100 })
  await session.post('Profiler.start')
  await work()
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  return partsOf(profile)
}

function partsOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Profile {
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

/** The place of every node: that of what has called it where it is a regular expression. */
function placesOf(nodes: readonly Profiler.ProfileNode[]): ReadonlyMap<number, string> {
  const callers = new Map(
    nodes.flatMap((caller) => (caller.children ?? []).map((id) => [id, caller] as const)),
  )
  return new Map(
    nodes.map((node) => {
      const isPattern = node.callFrame.functionName.startsWith('RegExp:')
      const { callFrame } = (isPattern && callers.get(node.id)) || node
      return [node.id, placeOf(callFrame)]
    }),
  )
}

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
  if (url === '' && !functionName.startsWith('('))
    return NATIVE[functionName] ?? 'Node: buffers, texts, JSON'
  return url.startsWith('node:') ? 'Node: buffers, texts, JSON' : 'the benchmark itself'
}
