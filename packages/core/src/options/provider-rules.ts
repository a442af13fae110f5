import { OKTA_ORG_SERVER } from '../subject/providers/okta.ts'
import { scopeSources } from '../subject/context.ts'
import { isSameClaim, showClaimPath } from '../subject/claim-path.ts'
import type { OptionContext } from './option-context.ts'
import type { ReadIssuer } from './issuer-rules.ts'

/**
 * Rules about the tokens of providers. The rules report options that cause the rejection of every token, and warn about
 * options that are probably wrong.
 */
export const PROVIDER_RULES: readonly ((issuer: ReadIssuer, context: OptionContext) => void)[] = [
  checkOrgServer,
  checkSlashOfAuth0,
  checkScopeFormat,
  checkCognitoAudience,
]

/** Reports the org authorization server of Okta. Its access tokens are for Okta, and other APIs cannot verify them. */
function checkOrgServer(
  { values: { issuer, tokenFormat } }: ReadIssuer,
  { toName, report }: OptionContext,
): void {
  if (tokenFormat === 'opaque' || !OKTA_ORG_SERVER.test(issuer)) return
  const custom = `${issuer.replace(/\/$/, '')}/oauth2/default`
  report(
    `${toName('issuer')} is the org authorization server of Okta. Only Okta can verify its access tokens. Set the issuer of a custom authorization server, such as ${custom}.`,
  )
}

/** Reports an Auth0 issuer without a slash at its end. The `iss` of every Auth0 tenant ends with a slash. */
function checkSlashOfAuth0(
  { values: { issuer } }: ReadIssuer,
  { toName, report }: OptionContext,
): void {
  if (!/^https:\/\/[\w-]+(?:\.[\w-]+)?\.auth0\.com$/.test(issuer)) return
  report(`${toName('issuer')} of Auth0 must end with a slash: set ${issuer}/.`)
}

/** Claims that most providers issue as arrays. */
const USUAL_ARRAYS: readonly string[] = ['permissions', 'roles', 'groups', 'authorities']

/** Checks that `scopeFormat` is set for a scope claim that is an array. Otherwise all tokens with the claim are rejected. */
function checkScopeFormat(
  { values, settings, isGiven }: ReadIssuer,
  { toName, report, warn }: OptionContext,
): void {
  const { scopeClaim } = values
  if (scopeClaim === undefined || isGiven('scopeFormat')) return
  const set = `set ${toName('scopeFormat')}: 'array'`
  const { provider } = settings.subjects
  const shown = showClaimPath(scopeClaim)
  const ofProvider = scopeSources(settings.subjects).filter(({ claim }) =>
    isSameClaim(claim, scopeClaim),
  )
  const isArray =
    settings.subjects.profile?.arrayClaims?.includes(shown) === true ||
    (ofProvider.length > 0 && ofProvider.every(({ format }) => format === 'array'))
  if (isArray) {
    report(
      `${toName('scopeFormat')} is missing: ${provider} issues ${shown} as an array, so ${set}.`,
    )
  } else if (USUAL_ARRAYS.includes([scopeClaim].flat().at(-1)!)) {
    const advice = `Most providers issue ${shown} as an array. If your provider issues an array, ${set}. Otherwise set ${toName('scopeFormat')}: 'string'.`
    warn({ issuer: settings.metadataIssuer, option: 'scopeFormat', advice })
  }
}

/** Warns that access tokens of Cognito have an audience only if the client requests a resource. */
function checkCognitoAudience({ settings }: ReadIssuer, { warn }: OptionContext): void {
  const { subjects, audiences, tokenFormat, metadataIssuer } = settings
  if (subjects.provider !== 'cognito' || audiences === null || tokenFormat === 'opaque') return
  warn({
    issuer: metadataIssuer,
    option: 'audience',
    advice:
      'Access tokens of Cognito have no aud, unless the client requests a resource (resource binding). If your clients do not request a resource, set audience: null and allowedClients.',
  })
}
