import {
  type AnyOptionRow,
  createOptionContext,
  type OptionContext,
  type OptionValues,
  Problems,
  readObject,
  readTable,
} from '@bearward/core/internal'
import { TOKEN_REQUEST_OPTIONS } from './token-request-options.ts'
import { TARGET_LIMITS } from './target-limits.ts'

/** Target of a token request: validated scopes, resources and audience. */
export interface TokenTarget {
  /** Without duplicates, in the given order. */
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly audience: string | undefined
}

const TITLE = 'The options of the token request are wrong'

export function toTokenTarget({
  scope,
  resource,
  audience,
}: OptionValues<typeof TOKEN_REQUEST_OPTIONS>): TokenTarget {
  return { scopes: scope ?? [], resources: resource ?? [], audience }
}

/** Reports options that cannot be combined. */
export function checkTokenTarget(
  { resource, audience }: Readonly<Record<string, unknown>>,
  { toName, report }: OptionContext,
): void {
  if (resource === undefined || audience === undefined) return
  report(
    `${toName('resource')} and ${toName('audience')} exclude each other: set the one that the authorization server supports.`,
  )
}

/** Table of the options of a call that selects a token. Some calls have more options than `TOKEN_REQUEST_OPTIONS`. */
type CallTable = typeof TOKEN_REQUEST_OPTIONS & Readonly<Record<string, AnyOptionRow>>

/**
 * Returns the target of a token request. An omitted `scope` has the value of `defaults`. `resource` and `audience` have the values
 * of `defaults` only if both are omitted. Throws a `ConfigurationError` if an option is wrong.
 */
export function resolveTokenTarget(
  request: object | undefined,
  defaults: TokenTarget,
): TokenTarget {
  if (request === undefined) return defaults
  return readTokenCall(request, defaults, TOKEN_REQUEST_OPTIONS).target
}

/** Reads the options of a call that selects a token. `table` contains all options of the call. Throws a `ConfigurationError`. */
export function readTokenCall<Table extends CallTable>(
  request: object | undefined,
  defaults: TokenTarget,
  table: Table,
): { readonly target: TokenTarget; readonly values: OptionValues<Table> } {
  const problems = new Problems()
  const own = readObject(request ?? {}, '{ scope, resource }', TITLE)
  const context = createOptionContext(problems, own)
  checkTokenTarget(own, context)
  const values = readTable(table, own, context)
  checkLength(values, context)
  problems.throwAs(TITLE)
  return { target: mergeTargets(values, defaults), values }
}

function mergeTargets(
  values: OptionValues<typeof TOKEN_REQUEST_OPTIONS>,
  defaults: TokenTarget,
): TokenTarget {
  const requested = toTokenTarget(values)
  const namesApi = values.resource !== undefined || values.audience !== undefined
  return {
    scopes: values.scope ?? defaults.scopes,
    resources: namesApi ? requested.resources : defaults.resources,
    audience: namesApi ? requested.audience : defaults.audience,
  }
}

/** Reports a target whose key is too long. The length is limited, because targets are kept in memory. */
function checkLength(
  values: OptionValues<typeof TOKEN_REQUEST_OPTIONS>,
  { report }: OptionContext,
): void {
  if (toTokenTargetKey(toTokenTarget(values)).length <= TARGET_LIMITS.length) return
  report(
    `scope, resource and audience have more than ${TARGET_LIMITS.length} characters together, as JSON: request fewer or shorter values.`,
  )
}

/** Converts a target to a cache key. The order of scopes and resources does not change the key. Every other difference changes it. */
export function toTokenTargetKey({ scopes, resources, audience }: TokenTarget): string {
  return JSON.stringify([[...scopes].sort(), [...resources].sort(), audience ?? null])
}

/** Returns the https origins of the resources. They are the allowed origins if `allowedOrigins` is not set. */
export function getDefaultOrigins({ resources }: TokenTarget): readonly string[] {
  return resources
    .map((resource) => new URL(resource))
    .flatMap(({ protocol, origin }) => (protocol === 'https:' ? [origin] : []))
}
