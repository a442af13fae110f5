import type { Cost } from './micro/cost.ts'
import type { Profile } from './micro/profile.ts'
import type { HttpRound } from './http/http.ts'
import type { Part, PartResults } from './results.ts'

/** Name of a member that stands for every member of a record. */
const ANY = '*'

const COSTS: Record<string, Cost[]> = { [ANY]: [{ cpu: 0, wall: 0 }] }
const MODES = { sequential: COSTS, atOnce: COSTS }
const PROFILE: Profile = { [ANY]: 0 }
const HTTP_ROUNDS: Record<string, HttpRound[]> = {
  [ANY]: [{ requests: 0, rate: 0, p50: 0, p99: 0, cpu: 0 }],
}
const ALL_FRAMEWORKS = { Express: HTTP_ROUNDS, Koa: HTTP_ROUNDS, Fastify: HTTP_ROUNDS }
const RUN = { command: '', began: '', node: '', machine: '', pinned: true }

/** Examples of result files, one per part. Every array has one element. */
const SHAPES: { readonly [P in Part]: PartResults<P> } = {
  micro: {
    run: RUN,
    found: {
      distinct: { RS256: MODES, PS256: MODES, ES256: MODES, EdDSA: MODES },
      repeated: { one: COSTS, thousand: COSTS },
      refused: { [ANY]: COSTS },
      long: { [ANY]: COSTS },
      profile: { once: PROFILE, again: PROFILE },
    },
  },
  dpop: {
    run: RUN,
    found: {
      signatures: { ES256: COSTS, EdDSA: COSTS },
      refused: COSTS,
      unbound: COSTS,
      stores: COSTS,
    },
  },
  mcp: {
    run: RUN,
    found: { 'one call': COSTS, '100 calls, 20 scopes': COSTS, '100 calls, 100 scopes': COSTS },
  },
  http: {
    run: RUN,
    found: {
      '1,000 tokens': ALL_FRAMEWORKS,
      'every token once': ALL_FRAMEWORKS,
      'bad signatures': ALL_FRAMEWORKS,
      first: ALL_FRAMEWORKS,
    },
  },
  memory: { run: RUN, found: { [ANY]: { heap: 0, peak: 0 } } },
  start: {
    run: RUN,
    found: {
      latency: 0,
      starts: { [ANY]: [{ untilAnswered: 0, firstRequest: 0 }] },
      imports: { [ANY]: [0] },
      installed: { [ANY]: { packages: 0, bytes: 0 } },
      workerBundle: 0,
    },
  },
}

/** Returns whether a value has the shape of the current results of a part. */
export function isPartResults<P extends Part>(part: P, value: unknown): value is PartResults<P> {
  return hasShape(SHAPES[part], value)
}

function hasShape(shape: unknown, value: unknown): boolean {
  if (!isObject(shape) || !isObject(value)) return typeof value === typeof shape
  if (Array.isArray(shape) !== Array.isArray(value)) return false
  if (Array.isArray(shape)) return Object.values(value).every((each) => hasShape(shape[0], each))
  if (ANY in shape) return Object.values(value).every((each) => hasShape(shape[ANY], each))
  return Object.entries(shape).every(([name, member]) => hasShape(member, value[name]))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
