import type { Cost } from './micro/cost.ts'
import type { Profile } from './micro/profile.ts'
import type { Bearing } from './http/http.ts'
import type { Part, Results } from './results.ts'

/** Stands for all members of an object that has them by name. */
const ANY = '*'

const COSTS: Record<string, Cost[]> = { [ANY]: [{ cpu: 0, wall: 0 }] }
const MODES = { sequential: COSTS, atOnce: COSTS }
const PROFILE: Profile = { [ANY]: 0 }
const BEARINGS: Record<string, Bearing[]> = {
  [ANY]: [{ requests: 0, rate: 0, p50: 0, p99: 0, cpu: 0 }],
}
const ON_ALL = { Express: BEARINGS, Koa: BEARINGS, Fastify: BEARINGS }
const RUN = { command: '', began: '', node: '', machine: '', pinned: true }

/** What a file of results has in it: a value of the type, with one of everything. */
const SHAPES: { readonly [P in Part]: Results<P> } = {
  micro: {
    run: RUN,
    found: {
      distinct: { RS256: MODES, PS256: MODES, ES256: MODES, EdDSA: MODES },
      repeated: { one: COSTS, thousand: COSTS },
      refused: { [ANY]: COSTS },
      profile: { once: PROFILE, again: PROFILE },
    },
  },
  http: {
    run: RUN,
    found: {
      'one token': ON_ALL,
      '1,000 tokens': ON_ALL,
      'every token once': ON_ALL,
      'bad signatures': ON_ALL,
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
    },
  },
}

/** Whether this is what the part finds today, and not what it found before it was changed. */
export function isOfPart<P extends Part>(part: P, value: unknown): value is Results<P> {
  return isLike(SHAPES[part], value)
}

function isLike(shape: unknown, value: unknown): boolean {
  if (!isObject(shape) || !isObject(value)) return typeof value === typeof shape
  if (Array.isArray(shape) !== Array.isArray(value)) return false
  if (Array.isArray(shape)) return Object.values(value).every((each) => isLike(shape[0], each))
  if (ANY in shape) return Object.values(value).every((each) => isLike(shape[ANY], each))
  return Object.entries(shape).every(([name, member]) => isLike(member, value[name]))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
