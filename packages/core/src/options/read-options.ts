import { systemClock } from '../lib/clock.ts'
import type { IssuerSettings, KeyAges, Settings, TokenCacheLimits } from '../model/settings.ts'
import { KEY_TIMES } from '../keys/life-cycle.ts'
import type { Fetch } from '../model/fetch.ts'
import { isQuotable } from '../response/challenge.ts'
import type { CommonOptions } from './options.ts'
import { Problems } from '../configuration-problems.ts'
import { isRecord, ownMembers } from '../lib/objects.ts'
import { ISSUER_OPTIONS, readIssuer } from './read-issuer.ts'
import { readClock, readHosts } from './read-values.ts'

export const COMMON_OPTIONS: readonly string[] = [
  'realm',
  'allowInsecureHosts',
  'fetch',
  'fetchTimeout',
  'jwksMaxAge',
  'jwksStaleIfError',
  'tokenCache',
  'onEvent',
  'errorBody',
  'clock',
]

/** The options after validation, with defaults. */
export interface ServerSettings {
  readonly settings: Settings
  readonly realm: string
  /** `undefined`: no token is remembered. */
  readonly tokenCache: TokenCacheLimits | undefined
  readonly onEvent: CommonOptions['onEvent']
  readonly errorBody: CommonOptions['errorBody']
}

/** The default of the option `tokenCache`. */
export const TOKEN_CACHE: TokenCacheLimits = { maxEntries: 5000, maxBytes: 16_777_216 }

/** Validates all options at once. Throws a `ConfigurationError` that names every problem with its fix. */
export function readOptions(options: unknown): ServerSettings {
  const problems = new Problems()
  if (!isRecord(options))
    problems.add('options must be an object with at least issuer and audience.')
  const given = ownMembers(isRecord(options) ? options : {})
  const { realm, allowInsecureHosts, fetch, fetchTimeout, onEvent, errorBody, clock } =
    given as Partial<Record<keyof CommonOptions, unknown>>

  if (realm !== undefined && !(typeof realm === 'string' && realm !== '' && isQuotable(realm))) {
    problems.add('realm must be printable ASCII without quotes and backslashes.')
  }
  const say = (problem: string) => problems.add(problem)
  const hosts = readHosts(allowInsecureHosts, say)
  for (const [name, value] of Object.entries({ fetch, onEvent, errorBody })) {
    if (value !== undefined && typeof value !== 'function')
      problems.add(`${name} must be a function.`)
  }
  const keyAges = readKeyAges(given, problems)
  const tokenCache = readTokenCache(given['tokenCache'], problems)
  const seconds = fetchTimeout ?? 3
  if (typeof seconds !== 'number' || !(seconds > 0 && seconds <= 30)) {
    problems.add('fetchTimeout must be a number of seconds, more than 0 and at most 30.')
  }
  const checkedClock = readClock(clock, systemClock, say)
  const issuers = readIssuers(given, hosts, problems)
  problems.throwAs('The options of Bearward are wrong')

  return {
    settings: {
      issuers,
      insecureHosts: hosts,
      // Read at each call, so that a `fetch` that is replaced later (by instrumentation) is used.
      fetch: (fetch as Fetch | undefined) ?? ((url, init) => globalThis.fetch(url, init)),
      fetchTimeout: (seconds as number) * 1000,
      keyAges,
      clock: checkedClock,
    },
    realm: (realm as string | undefined) ?? 'api',
    tokenCache,
    onEvent: onEvent as CommonOptions['onEvent'],
    errorBody: errorBody as CommonOptions['errorBody'],
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
  if (issuers.filter(({ tokenFormat }) => tokenFormat !== 'jwt').length > 1) {
    problems.add(
      "issuers has more than one with tokenFormat 'opaque' or 'any': an opaque token does not name its issuer, so only one can be asked.",
    )
  }
  return issuers
}

function readKeyAges(
  { jwksMaxAge, jwksStaleIfError }: Readonly<Record<string, unknown>>,
  problems: Problems,
): KeyAges {
  const maxAge = jwksMaxAge ?? KEY_TIMES.maxAge
  const staleLimit = jwksStaleIfError ?? Math.max(KEY_TIMES.staleLimit, Number(maxAge))
  const within = (value: unknown, min: number, max: number): value is number =>
    typeof value === 'number' && value >= min && value <= max
  if (!within(maxAge, KEY_TIMES.minAge, 86_400)) {
    problems.add(`jwksMaxAge must be a number of seconds from ${KEY_TIMES.minAge} to 86400.`)
  } else if (!within(staleLimit, maxAge, 604_800)) {
    problems.add('jwksStaleIfError must be a number of seconds from jwksMaxAge to 604800.')
  }
  return { maxAge, staleLimit } as KeyAges
}

function readTokenCache(given: unknown, problems: Problems): TokenCacheLimits | undefined {
  if (given === false) return undefined
  if (given !== undefined && !isRecord(given)) {
    problems.add(
      'tokenCache must be false, or an object: { maxEntries: 5000, maxBytes: 16777216 }.',
    )
    return undefined
  }
  const own = ownMembers(given ?? {})
  problems.unknownNames(own, Object.keys(TOKEN_CACHE), 'tokenCache.')
  const { maxEntries, maxBytes } = { ...TOKEN_CACHE, ...definedMembers(own) }
  if (!isWhole(maxEntries, 1, 1_000_000)) {
    problems.add(
      'tokenCache.maxEntries must be a whole number from 1 to 1000000. To remember no token, set tokenCache: false.',
    )
  }
  if (!isWhole(maxBytes, 65_536, 2 ** 30)) {
    problems.add('tokenCache.maxBytes must be a whole number from 65536 to 1073741824.')
  }
  return { maxEntries, maxBytes }
}

function definedMembers(object: Record<string, unknown>): Partial<TokenCacheLimits> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max
}
