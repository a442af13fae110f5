import { OKTA_ORG_SERVER } from '../subject/providers/okta.ts'
import { profileIn, scopeSources } from '../subject/context.ts'
import type { OptionContext } from './option-context.ts'
import type { ReadIssuer } from './issuer-rules.ts'

/** Rules about what providers issue. Each reports options with which no token can pass, and warns of doubtful ones. */
export const PROVIDER_RULES: readonly ((issuer: ReadIssuer, context: OptionContext) => void)[] = [
  checkOrgServer,
  checkSlashOfAuth0,
  checkScopeFormat,
  checkCognitoAudience,
]

/** Access tokens of the org server are for the API of Okta alone, and nobody else can verify them. */
function checkOrgServer(
  { values: { issuer, tokenFormat } }: ReadIssuer,
  { toName, report }: OptionContext,
): void {
  if (tokenFormat === 'opaque' || !OKTA_ORG_SERVER.test(issuer)) return
  const custom = `${issuer.replace(/\/$/, '')}/oauth2/default`
  report(
    `${toName('issuer')} is the org authorization server of Okta, whose access tokens nobody else can verify: set a custom authorization server, such as ${custom}.`,
  )
}

/** The issuer of every tenant of Auth0 ends in a slash. */
function checkSlashOfAuth0(
  { values: { issuer } }: ReadIssuer,
  { toName, report }: OptionContext,
): void {
  if (!/^https:\/\/[\w-]+(?:\.[\w-]+)?\.auth0\.com$/.test(issuer)) return
  report(`${toName('issuer')} of Auth0 ends in a slash: set ${issuer}/.`)
}

/** Names of claims that most products write as arrays. */
const USUAL_ARRAYS: readonly string[] = ['permissions', 'roles', 'groups', 'authorities']

/** A scope claim that is an array needs `scopeFormat`, or every token with it is refused. */
function checkScopeFormat(
  { values, settings, isGiven }: ReadIssuer,
  { toName, report, warn }: OptionContext,
): void {
  const { scopeClaim } = values
  if (scopeClaim === undefined || isGiven('scopeFormat')) return
  const set = `set ${toName('scopeFormat')}: 'array'`
  const { provider } = settings.subjects
  const ofProvider = scopeSources(settings.subjects).filter(({ claim }) => claim === scopeClaim)
  const isArray =
    profileIn(settings.subjects)?.arrayClaims?.includes(scopeClaim) === true ||
    (ofProvider.length > 0 && ofProvider.every(({ format }) => format === 'array'))
  if (isArray) {
    report(
      `${toName('scopeFormat')} is missing: ${provider} writes ${scopeClaim} as an array, so ${set}.`,
    )
  } else if (USUAL_ARRAYS.includes(scopeClaim)) {
    const advice = `Most products write ${scopeClaim} as an array. If yours does, ${set}. If it writes a string, set 'string'.`
    warn({ issuer: settings.metadataIssuer, option: 'scopeFormat', advice })
  }
}

/** Access tokens of Cognito have an audience only where the client has requested a resource. */
function checkCognitoAudience({ settings }: ReadIssuer, { warn }: OptionContext): void {
  const { subjects, audiences, tokenFormat, metadataIssuer } = settings
  if (subjects.provider !== 'cognito' || audiences === null || tokenFormat === 'opaque') return
  warn({
    issuer: metadataIssuer,
    option: 'audience',
    advice:
      'Access tokens of Cognito have no aud, unless the client requests a resource (resource binding). If yours does not, set audience: null and allowedClients.',
  })
}
