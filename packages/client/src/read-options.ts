import {
  createOptionContext,
  type OptionContext,
  Problems,
  readObject,
  readTable,
} from '@bearward/core/internal'
import { type ClientCredentialsOptions, SOURCE_OPTIONS } from './options.ts'
import type { TokenEvent } from './token-events.ts'
import type { SourceSettings } from './source-settings.ts'
import { getResourceFetch } from './resource-fetch.ts'
import { checkTokenTarget, toTokenTarget } from './token-target.ts'

/** Validated options: the settings of the source, and its event listener. */
export interface CheckedOptions {
  readonly settings: SourceSettings
  readonly onEvent: ((event: TokenEvent) => void) | undefined
}

const TITLE = 'The options of the token source are wrong'

/** Validates options. Throws a `ConfigurationError` that lists every problem. The error contains no secret. */
export function readOptions(given: ClientCredentialsOptions): CheckedOptions {
  const problems = new Problems()
  const own = readObject(given, '{ issuer, clientId, clientAuthentication, ... }', TITLE)
  const context = createOptionContext(problems, own)
  checkServer(own, context)
  checkTokenTarget(own, context)
  checkTokenType(own, context)
  const values = readTable(SOURCE_OPTIONS, own, context)
  problems.throwAs(TITLE)

  const { scope, resource, audience, allowInsecureHosts, onEvent, ...settings } = values
  const target = toTokenTarget({ scope, resource, audience })
  const resourceFetch = settings.resourceFetch ?? getResourceFetch(settings)
  const insecureHosts = allowInsecureHosts
  return { settings: { ...settings, resourceFetch, target, insecureHosts }, onEvent }
}

function checkServer(
  { issuer, tokenEndpoint }: Readonly<Record<string, unknown>>,
  { toName, report }: OptionContext,
): void {
  if (issuer !== undefined || tokenEndpoint !== undefined) return
  report(
    `${toName('issuer')} or ${toName('tokenEndpoint')} is missing: set the authorization server that issues the tokens.`,
  )
}

function checkTokenType(
  { dpop, acceptTokenType }: Readonly<Record<string, unknown>>,
  { toName, report }: OptionContext,
): void {
  if (dpop === undefined || acceptTokenType === undefined) return
  report(
    `${toName('acceptTokenType')} cannot be combined with dpop, because the token type must be DPoP: remove one of the two options.`,
  )
}
