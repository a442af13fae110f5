import { hintAt } from '../configuration-problems.ts'
import { isProvider, PROFILES, type Provider } from '../subject/providers.ts'
import type { OptionContext } from './option-context.ts'

/** Other names of products and their vendors. Each value completes the sentence "Use ...". */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  azure: "'entra'",
  'azure-ad': "'entra'",
  aad: "'entra'",
  microsoft: "'entra'",
  identityserver: "'duende'",
  aws: "'cognito'",
  gcp: "'google'",
  iap: "'google-iap'",
  gcip: "'firebase'",
  'identity-platform': "'firebase'",
  'cf-access': "'cloudflare-access'",
  forgerock: "'pingam'",
  openam: "'pingam'",
  llng: "'lemonldap-ng'",
  ory: "'hydra'",
  'oidc-provider': "'node-oidc-provider'",
  spring: "'spring-as'",
  asgardeo: "'wso2'",
} satisfies Record<string, `'${Provider}'`>

export function readProvider(
  given: unknown,
  name: string,
  { report }: OptionContext,
): Provider | undefined {
  if (given === undefined || isProvider(given)) return given
  const known = Object.keys(PROFILES)
  if (typeof given === 'string') {
    const part = known.find((provider) => isPartOf(given.toLowerCase(), provider))
    // Shows only short names, because the value can be a secret in the wrong variable.
    const shown = /^[a-z][a-z_/.-]{1,24}$/i.test(given) ? `${name} '${given}'` : name
    report(
      `${shown} is not a known provider. ${hintAt(part ?? given, known, 'providers', OTHER_NAMES)}`,
    )
  } else report(`${name} must be one of ${known.join(', ')}.`)
  return undefined
}

/**
 * Returns whether one text contains the other, and the shorter one has at least 4 characters. Example: `azure/entra-id` contains
 * `entra`.
 */
function isPartOf(a: string, b: string): boolean {
  const isIn = (part: string, whole: string) => part.length >= 4 && whole.includes(part)
  return isIn(a, b) || isIn(b, a)
}
