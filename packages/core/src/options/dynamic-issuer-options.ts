import { Problems } from '../configuration-problems.ts'
import { describeNotPlain } from '../lib/describe-given.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { copyOwnMembers, isPlainObject } from '../lib/objects.ts'
import type { DynamicIssuerSettings, IssuerSettings } from '../model/settings.ts'
import { type IssuerOptions, OPTIONS_WITHOUT_INTROSPECTION } from './issuer-options.ts'
import type { OptionContext, OptionWarning } from './option-context.ts'
import { custom, fn, required, seconds, wholeNumber } from './option-rows.ts'
import { type OptionTable, type OptionValues, reportUnknownNames } from './option-table.ts'

/**
 * The issuers from functions of the application, for tenants that are not known at startup. All times are in seconds.
 *
 * @example
 * const issuers: DynamicIssuerOptions = {
 *   match: (iss) => iss.startsWith('https://login.example.com/tenants/'),
 *   resolve: async (iss) => ((await tenants.has(iss)) ? { issuer: iss, audience } : undefined),
 * }
 */
export interface DynamicIssuerOptions {
  /**
   * Issuers that are always trusted. At most one of these issuers can have a `tokenFormat` other than `'jwt'`.
   *
   * @default none
   */
  readonly static?: readonly IssuerOptions[]
  /**
   * Returns whether an `iss` may be an issuer. It is called before `resolve`, with the unverified `iss` of a token. The `iss` is
   * a URL in its normal form without user name, query and fragment, and has at most 1024 characters.
   *
   * Synchronous. An error, or a result that is not a boolean: 503 `issuer_unavailable`.
   *
   * @example
   * (iss) => iss.startsWith('https://login.example.com/tenants/')
   */
  readonly match: (iss: string) => boolean
  /**
   * Returns the options of an issuer that `match` accepts, or `undefined` if the issuer is not trusted. `issuer` in the options
   * must equal `iss`. `tenants` cannot be set, and `tokenFormat` must be `'jwt'`. `signal` is aborted when the result is no
   * longer awaited. Return the same functions and key objects each time: otherwise the options are treated as changed, and the
   * cached tokens of the issuer are removed.
   *
   * Does NOT protect an application that returns options for every `iss`. Look the issuer up in a list of your tenants.
   *
   * An error, wrong options, or no result within `fetchTimeout`: 503 `issuer_unavailable`.
   *
   * @example
   * async (iss) => ((await tenants.has(iss)) ? { issuer: iss, audience: 'https://api.example.com' } : undefined)
   */
  readonly resolve: (
    iss: string,
    context: { readonly signal: AbortSignal },
  ) => MaybePromise<IssuerOptions | undefined>
  /**
   * Maximum number of cached issuers from which a token was verified, from 8 to 100000. Other issuers are cached in
   * addition, at most a quarter of this number.
   *
   * @default 1000
   */
  readonly maxEntries?: number
  /**
   * Seconds for which the options of an issuer are used, from 1 to 86400. After four fifths of this time, `resolve` is called
   * again when the next token arrives. After the end of this time, a token waits for a call of `resolve`. The token gets 503 if
   * this call fails, or during the pause after a failed call.
   *
   * @default 300
   */
  readonly ttl?: number
  /**
   * Seconds for which the result `undefined` is used, from 1 to 3600.
   *
   * @default 30
   */
  readonly negativeTtl?: number
  /**
   * Number of calls of `resolve` that are awaited at the same time, from 2 to 1000. A quarter of these calls is reserved for
   * cached issuers from which a token was verified.
   *
   * @default 8
   */
  readonly concurrency?: number
}

type DynamicIssuerValues = Pick<
  DynamicIssuerSettings,
  'maxEntries' | 'ttl' | 'negativeTtl' | 'concurrency'
>

type DynamicIssuerTable = OptionTable<DynamicIssuerOptions, DynamicIssuerValues>

export const DYNAMIC_ISSUER_OPTIONS: DynamicIssuerTable = /* @__PURE__ */ createTable()

function createTable(): DynamicIssuerTable {
  return {
    // `readIssuers` reads this list in the same way as an array in the option `issuers`.
    static: custom((given) => given as readonly IssuerOptions[] | undefined),
    match: required(fn(), 'set a function that returns whether an iss may be an issuer'),
    resolve: required(fn(), 'set a function that returns the options of an issuer'),
    maxEntries: wholeNumber({ min: 8, max: 100_000, default: 1000 }),
    ttl: seconds({ min: 1, max: 86_400, default: 300 }),
    negativeTtl: seconds({ min: 1, max: 3600, default: 30 }),
    concurrency: wholeNumber({ min: 2, max: 1000, default: 8 }),
  }
}

/** Returns the settings of dynamic issuers. `readIssuer` reads the options of one issuer. */
export function toDynamicIssuers(
  { match, resolve, ...values }: OptionValues<typeof DYNAMIC_ISSUER_OPTIONS>,
  { insecureHosts, common }: OptionContext,
  readIssuer: (own: Readonly<Record<string, unknown>>, context: OptionContext) => IssuerSettings,
): DynamicIssuerSettings {
  return {
    ...values,
    match,
    resolve,
    read(options, iss) {
      const problems = new Problems()
      const warnings: OptionWarning[] = []
      const context: OptionContext = {
        toName: (option) => option,
        report: (problem) => problems.add(problem),
        warn: (warning) => warnings.push(warning),
        insecureHosts,
        ...(common && { common }),
      }
      const own = readOwn(options, iss, context)
      problems.throwAs('The options of an issuer are wrong')
      const settings = readIssuer(own, context)
      problems.throwAs('The options of an issuer are wrong')
      return { settings, warnings }
    },
  }
}

/**
 * Options that a result of `resolve` must omit, or set to the value in this table. Other values are allowed only for an issuer in
 * `static`.
 */
const NOT_ALLOWED = { tenants: undefined, tokenFormat: 'jwt' } as const

function readOwn(
  options: unknown,
  iss: string,
  context: OptionContext,
): Readonly<Record<string, unknown>> {
  if (!isPlainObject(options)) {
    context.report(
      `resolve must return an object { issuer, audience, ... } or undefined, not ${describeNotPlain(options)}.`,
    )
    return copyOwnMembers({})
  }
  const own = copyOwnMembers(options)
  reportUnknownNames(own, Object.keys(OPTIONS_WITHOUT_INTROSPECTION), context)
  if (own['issuer'] !== iss)
    context.report('issuer must equal the iss for which resolve was called.')
  for (const [name, allowed] of Object.entries(NOT_ALLOWED)) {
    if (own[name] !== undefined && own[name] !== allowed)
      context.report(`${name} cannot be set by resolve: set it for an issuer in issuers.static.`)
  }
  return own
}
