import type { Profile } from './profile.ts'
import { auth0 } from './profiles/auth0.ts'
import { graviteeAm, hydra, openiddict, springAs } from './profiles/chosen-subjects.ts'
import { cognito } from './profiles/cognito.ts'
import { google } from './profiles/google.ts'
import { clerk, frontegg, fusionauth, kinde, logto, stytch, supabase } from './profiles/hosted.ts'
import { djangoOauthToolkit, doorkeeper, mas } from './profiles/introspected.ts'
import { keycloak } from './profiles/keycloak.ts'
import { authentik, kanidm, zitadel } from './profiles/machine-accounts.ts'
import { b2c, entra } from './profiles/microsoft.ts'
import { okta } from './profiles/okta.ts'
import {
  authelia,
  casdoor,
  duende,
  glewlwyd,
  nodeOidcProvider,
  pocketId,
  rauthy,
  uaa,
  wso2,
} from './profiles/self-hosted.ts'
import { githubActions, gitlabCi, kubernetes } from './profiles/workloads.ts'

/** Every provider that is known, by the name that options give it. */
export const PROFILES = {
  auth0,
  entra,
  b2c,
  okta,
  cognito,
  google,
  keycloak,
  'node-oidc-provider': nodeOidcProvider,
  duende,
  zitadel,
  authentik,
  authelia,
  casdoor,
  glewlwyd,
  wso2,
  uaa,
  rauthy,
  'pocket-id': pocketId,
  logto,
  kinde,
  stytch,
  clerk,
  frontegg,
  fusionauth,
  supabase,
  hydra,
  'spring-as': springAs,
  openiddict,
  'gravitee-am': graviteeAm,
  mas,
  'django-oauth-toolkit': djangoOauthToolkit,
  doorkeeper,
  kanidm,
  kubernetes,
  'github-actions': githubActions,
  'gitlab-ci': gitlabCi,
} as const satisfies Readonly<Record<string, Profile>>

/** A provider whose tokens are known. */
export type Provider = keyof typeof PROFILES

export function isProvider(name: unknown): name is Provider {
  return typeof name === 'string' && Object.hasOwn(PROFILES, name)
}

export function profileOf(provider: Provider): Profile {
  return PROFILES[provider]
}

/** The provider of an issuer that no one but its vendor can operate. A token is never asked. */
export function providerOfIssuer(issuer: string): Provider | undefined {
  return (Object.keys(PROFILES) as Provider[]).find((name) => profileOf(name).issuers?.test(issuer))
}
