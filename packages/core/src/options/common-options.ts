import type { BearwardEventListener } from '../events.ts'
import { KEY_TIMES } from '../keys/life-cycle.ts'
import { type Clock, type ClockOption, systemClock } from '../lib/clock.ts'
import { describeGiven } from '../lib/describe-given.ts'
import { isRecord } from '../lib/objects.ts'
import type { Logger } from '../log/logger.ts'
import type { Fetch } from '../model/fetch.ts'
import type { CredentialsOption, TokenCacheLimits } from '../model/settings.ts'
import { isQuotable } from '../response/challenge.ts'
import type { RefusalBody, RefusalView } from '../response/refusal.ts'
import { clock } from './clock-option.ts'
import { custom, fn, hosts, nested, required, seconds, text, wholeNumber } from './option-rows.ts'
import type { OptionRow, OptionTable } from './option-table.ts'

/** Options that do not depend on the issuer. `Raw` is the request of the framework. */
export interface CommonOptions<Raw extends object = object> {
  /**
   * The place of the token in a request. `{ header }` names a header that holds the token alone; a request with `Authorization`
   * is then refused. A function gets the request of the framework and returns the token, or `undefined` if there is
   * none; errors it throws go to the error handling of the framework.
   *
   * @default the Authorization header
   */
  readonly credentials?: CredentialsOption<Raw>
  /**
   * The `realm` of challenges.
   *
   * @default 'api'
   */
  readonly realm?: string
  /**
   * Host names for which plain http is accepted, in addition to loopback. Use it only for private networks.
   *
   * @default []
   */
  readonly allowInsecureHosts?: readonly string[]
  /**
   * Function that makes the outgoing calls, for a proxy, a private CA or a client certificate.
   *
   * @default globalThis.fetch
   */
  readonly fetch?: Fetch
  /**
   * Seconds that an attempt to fetch keys (including discovery) or one other outgoing call can take. At most 30.
   *
   * @default 3
   */
  readonly fetchTimeout?: number
  /**
   * Seconds after which fetched keys are stale. They are fetched again earlier, in the background. `Cache-Control` can
   * shorten it, but not below 30. From 30 to 86400.
   *
   * @default 600
   */
  readonly jwksMaxAge?: number
  /**
   * Seconds for which fetched keys stay in use while they cannot be fetched again. At least `jwksMaxAge`, at most
   * 604800.
   *
   * @default 86400
   */
  readonly jwksStaleIfError?: number
  /**
   * The number of verified JWTs that are cached, and the bytes of memory that they take. The signature of a cached token is not
   * verified again. Every request checks its times, and that its key is still listed and trusted. `false`: no token is
   * cached.
   *
   * @default { maxEntries: 5000, maxBytes: 16777216 }
   */
  readonly tokenCache?: false | { readonly maxEntries?: number; readonly maxBytes?: number }
  /**
   * Writes a line about each refusal (`info`) and each fault of this application or a server (`warn`), with the change to make:
   * at most 10 lines a second for each reason, then their number. `false`: no log.
   *
   * @default createResourceServer: no log; adapters: the console, or no log if `onEvent` is set
   */
  readonly logger?: false | Logger
  /** Called for every event, such as a refusal and its reason. Errors it throws are ignored. */
  readonly onEvent?: BearwardEventListener<Raw>
  /**
   * Returns the body of a refusal, or `undefined` for the default one. `request` is the request of the framework;
   * it is missing for `verify(token)`. The result can have no other member than `body` and `contentType`. Errors it throws
   * go to the error handling of the framework.
   */
  readonly errorBody?: (refusal: RefusalView, request: Raw | undefined) => RefusalBody | undefined
  /**
   * Source of the time, for tests: a function that returns milliseconds since the epoch, or an object with `now`, and with
   * `monotonic` and `after` if the test controls timers, too.
   *
   * @default the clock of the system
   */
  readonly clock?: ClockOption
}

/** The default of the option `tokenCache`. */
export const TOKEN_CACHE: TokenCacheLimits = { maxEntries: 5000, maxBytes: 16_777_216 }

type TokenCacheOptions = Exclude<CommonOptions['tokenCache'], false | undefined>

const TOKEN_CACHE_OPTIONS: OptionTable<TokenCacheOptions, TokenCacheLimits> = {
  maxEntries: wholeNumber({
    min: 1,
    max: 1_000_000,
    default: TOKEN_CACHE.maxEntries,
    advice: 'To cache no token, set tokenCache: false.',
  }),
  maxBytes: wholeNumber({ min: 65_536, max: 2 ** 30, default: TOKEN_CACHE.maxBytes }),
}

const TOKEN_CACHE_LIMITS: OptionRow<TokenCacheOptions, TokenCacheLimits | undefined> = nested(
  TOKEN_CACHE_OPTIONS,
  'false, or an object: { maxEntries: 5000, maxBytes: 16777216 }',
)

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

const TOKEN_HEADER = nested<
  { header: string },
  OptionTable<{ header: string }, { header: string }>
>(
  {
    header: required(
      text('the name of a header that holds the token alone: not Authorization, and not Cookie', {
        matches: (name) =>
          HEADER_NAME.test(name) && !['authorization', 'cookie'].includes(name.toLowerCase()),
      }),
      'set the name of the header',
    ),
  },
  "an object: { header: 'cf-access-jwt-assertion' }, or a function",
)

const CREDENTIALS: OptionRow<CredentialsOption<object>, CredentialsOption | undefined> = custom(
  (given, name, context) =>
    typeof given === 'function'
      ? (given as CredentialsOption)
      : TOKEN_HEADER.read(given, name, context),
  { table: TOKEN_HEADER.table },
)

const LOGGER: OptionRow<false | Logger, false | Logger | undefined> = custom(
  (given, name, { report }) => {
    const isLogger =
      isRecord(given) && typeof given['info'] === 'function' && typeof given['warn'] === 'function'
    if (given === undefined || given === false || isLogger) {
      return given as false | Logger | undefined
    }
    report(
      `${name} must be false, or have the methods info and warn, as console has, not ${describeGiven(given)}.`,
    )
    return undefined
  },
  {},
)

/** All options have a default but `credentials`, `logger`, `onEvent` and `errorBody`. `tokenCache` is read as limits. */
type CommonValues = Required<
  Omit<CommonOptions, 'clock' | 'credentials' | 'tokenCache' | 'logger' | 'onEvent' | 'errorBody'>
> & {
  readonly clock: Clock
  readonly credentials: CredentialsOption | undefined
  readonly tokenCache: TokenCacheLimits | undefined
}

export const COMMON_OPTIONS: OptionTable<CommonOptions, CommonValues> = {
  credentials: CREDENTIALS,
  realm: text('printable ASCII without quotes and backslashes', {
    matches: isQuotable,
    default: 'api',
  }),
  allowInsecureHosts: hosts({ variable: 'BEARWARD_ALLOW_INSECURE_HOSTS' }),
  // Looked up at each call, so that a `fetch` that is replaced later (by instrumentation) is used.
  fetch: fn<Fetch>({ default: (url, init) => globalThis.fetch(url, init) }),
  fetchTimeout: seconds({ min: 0.001, max: 30, default: 3 }),
  jwksMaxAge: seconds({ min: KEY_TIMES.minAge, max: 86_400, default: KEY_TIMES.maxAge }),
  jwksStaleIfError: seconds({
    min: KEY_TIMES.minAge,
    max: 604_800,
    default: KEY_TIMES.staleLimit,
  }),
  tokenCache: custom(
    (given, name, context) => {
      if (given === false) return undefined
      return TOKEN_CACHE_LIMITS.read(given === undefined ? {} : given, name, context)
    },
    { default: TOKEN_CACHE, table: TOKEN_CACHE_OPTIONS },
  ),
  logger: LOGGER,
  onEvent: fn(),
  errorBody: fn(),
  clock: clock(systemClock),
}
