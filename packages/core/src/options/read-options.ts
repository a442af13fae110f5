import type { Fetch } from '../authorization-server/bounded-fetch.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { IssuerSettings } from '../issuers/issuer-settings.ts'
import { KEY_TIMES, type KeyAges } from '../keys/life-cycle.ts'
import { isQuotable } from '../outcome/challenge.ts'
import type { CommonOptions } from './options.ts'
import { isRecord, ownMembers, Problems } from '../problems.ts'
import { VERDICT_CACHE, type VerdictCacheBounds } from '../verdicts/bounds.ts'
import { ISSUER_OPTIONS, readIssuer } from './read-issuer.ts'
import { readClock, readHosts } from './read-values.ts'

export const COMMON_OPTIONS: readonly string[] = [
  'realm',
  'allowInsecureHosts',
  'fetch',
  'fetchTimeout',
  'keysMaxAge',
  'keysStaleLimit',
  'verdictCache',
  'onEvent',
  'onRefused',
  'clock',
]

/** The options after validation, defaults filled in. */
export interface Settings {
  readonly issuers: readonly IssuerSettings[]
  readonly realm: string
  readonly insecureHosts: readonly string[]
  readonly fetch: Fetch
  /** What `fetchTimeout` says in seconds. */
  readonly fetchMilliseconds: number
  readonly keyAges: KeyAges
  /** `undefined`: nothing is remembered. */
  readonly verdictCache: VerdictCacheBounds | undefined
  readonly onEvent: CommonOptions['onEvent']
  readonly onRefused: CommonOptions['onRefused']
  readonly clock: Clock
}

/** Validates all options at once. Throws a `ConfigurationError` that names every problem with its fix. */
export function readOptions(options: unknown): Settings {
  const problems = new Problems()
  if (!isRecord(options))
    problems.add('options must be an object with at least issuer and audience.')
  const given = ownMembers(isRecord(options) ? options : {})
  const { realm, allowInsecureHosts, fetch, fetchTimeout, onEvent, onRefused, clock } =
    given as Partial<Record<keyof CommonOptions, unknown>>

  if (realm !== undefined && !(typeof realm === 'string' && realm !== '' && isQuotable(realm))) {
    problems.add('realm must be printable ASCII without quotes and backslashes.')
  }
  const say = (problem: string) => problems.add(problem)
  const hosts = readHosts(allowInsecureHosts, say)
  for (const [name, value] of Object.entries({ fetch, onEvent, onRefused })) {
    if (value !== undefined && typeof value !== 'function')
      problems.add(`${name} must be a function.`)
  }
  const keyAges = readKeyAges(given, problems)
  const verdictCache = readVerdictCache(given['verdictCache'], problems)
  const seconds = fetchTimeout ?? 3
  if (typeof seconds !== 'number' || !(seconds > 0 && seconds <= 30)) {
    problems.add('fetchTimeout must be a number of seconds, more than 0 and at most 30.')
  }
  const checkedClock = readClock(clock, systemClock, say)
  const issuers = readIssuers(given, hosts, problems)
  problems.throwAs('The options of Bearward are wrong')

  return {
    issuers,
    realm: (realm as string | undefined) ?? 'api',
    insecureHosts: hosts,
    // Looked up at each call, so that a `fetch` that is replaced later (instrumentation) is used.
    fetch: (fetch as Fetch | undefined) ?? ((url, init) => globalThis.fetch(url, init)),
    fetchMilliseconds: (seconds as number) * 1000,
    keyAges,
    verdictCache,
    onEvent: onEvent as CommonOptions['onEvent'],
    onRefused: onRefused as CommonOptions['onRefused'],
    clock: checkedClock,
  }
}

function readIssuers(
  options: Readonly<Record<string, unknown>>,
  insecureHosts: readonly string[],
  problems: Problems,
): readonly IssuerSettings[] {
  const several = options['issuers']
  problems.unknownNames(options, [...ISSUER_OPTIONS, ...COMMON_OPTIONS, 'issuers'])
  if (several === undefined) return readIssuer(options, insecureHosts, problems, '')
  for (const name of ISSUER_OPTIONS) {
    if (options[name] !== undefined) {
      problems.add(`${name} stands beside issuers: it belongs inside each of them.`)
    }
  }
  if (!Array.isArray(several) || several.length === 0 || !several.every(isRecord)) {
    problems.add('issuers must be an array of at least one { issuer, audience, ... }.')
    return []
  }
  const issuers = several.map(ownMembers).flatMap((issuer, i) => {
    problems.unknownNames(issuer, ISSUER_OPTIONS, `issuers[${i}].`)
    return readIssuer(issuer, insecureHosts, problems, `issuers[${i}].`)
  })
  const isDoubled = (names: readonly unknown[]) => new Set(names).size < names.length
  // As they are written too: issuers of many tenants share their keys by that name.
  if (isDoubled(several.map(({ issuer }) => issuer)) || isDoubled(issuers.map((i) => i.issuer))) {
    problems.add('issuers names an issuer twice: give each one once, with all its audiences.')
  }
  if (issuers.filter(({ tokens }) => tokens !== 'jwt').length > 1) {
    problems.add(
      "issuers has more than one with tokens: 'opaque' or 'both': an opaque token does not say whose it is, so only one of them can be asked.",
    )
  }
  return issuers
}

function readKeyAges(
  { keysMaxAge, keysStaleLimit }: Readonly<Record<string, unknown>>,
  problems: Problems,
): KeyAges {
  const maxAge = keysMaxAge ?? KEY_TIMES.maxAge
  const staleLimit = keysStaleLimit ?? Math.max(KEY_TIMES.staleLimit, Number(maxAge))
  const within = (value: unknown, min: number, max: number): value is number =>
    typeof value === 'number' && value >= min && value <= max
  if (!within(maxAge, KEY_TIMES.minAge, 86_400)) {
    problems.add(`keysMaxAge must be a number of seconds from ${KEY_TIMES.minAge} to 86400.`)
  } else if (!within(staleLimit, maxAge, 604_800)) {
    problems.add('keysStaleLimit must be a number of seconds from keysMaxAge to 604800.')
  }
  return { maxAge, staleLimit } as KeyAges
}

function readVerdictCache(given: unknown, problems: Problems): VerdictCacheBounds | undefined {
  if (given !== undefined && !isRecord(given)) {
    problems.add('verdictCache must be an object such as { entries: 5000, bytes: 16777216 }.')
    return undefined
  }
  const own = ownMembers(given ?? {})
  problems.unknownNames(own, ['entries', 'bytes'], 'verdictCache.')
  const entries = own['entries'] ?? VERDICT_CACHE.entries
  const bytes = own['bytes'] ?? VERDICT_CACHE.bytes
  if (!isWhole(entries, 0, 1_000_000)) {
    problems.add('verdictCache.entries must be a whole number from 0 to 1000000.')
  }
  if (!isWhole(bytes, 65_536, 2 ** 30)) {
    problems.add('verdictCache.bytes must be a whole number from 65536 to 1073741824.')
  }
  return entries === 0 ? undefined : ({ entries, bytes } as VerdictCacheBounds)
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max
}
