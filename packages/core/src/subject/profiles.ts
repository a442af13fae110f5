import type { Profile } from './profile.ts'
import { auth0 } from './profiles/auth0.ts'
import { authelia } from './profiles/authelia.ts'
import { authentik } from './profiles/authentik.ts'
import { b2c } from './profiles/b2c.ts'
import { casdoor } from './profiles/casdoor.ts'
import { clerk } from './profiles/clerk.ts'
import { cognito } from './profiles/cognito.ts'
import { djangoOauthToolkit } from './profiles/django-oauth-toolkit.ts'
import { doorkeeper } from './profiles/doorkeeper.ts'
import { duende } from './profiles/duende.ts'
import { entra } from './profiles/entra.ts'
import { frontegg } from './profiles/frontegg.ts'
import { fusionauth } from './profiles/fusionauth.ts'
import { githubActions } from './profiles/github-actions.ts'
import { gitlabCi } from './profiles/gitlab-ci.ts'
import { glewlwyd } from './profiles/glewlwyd.ts'
import { google } from './profiles/google.ts'
import { graviteeAm } from './profiles/gravitee-am.ts'
import { hydra } from './profiles/hydra.ts'
import { kanidm } from './profiles/kanidm.ts'
import { keycloak } from './profiles/keycloak.ts'
import { kinde } from './profiles/kinde.ts'
import { kubernetes } from './profiles/kubernetes.ts'
import { logto } from './profiles/logto.ts'
import { mas } from './profiles/mas.ts'
import { nodeOidcProvider } from './profiles/node-oidc-provider.ts'
import { okta } from './profiles/okta.ts'
import { openiddict } from './profiles/openiddict.ts'
import { pocketId } from './profiles/pocket-id.ts'
import { rauthy } from './profiles/rauthy.ts'
import { springAs } from './profiles/spring-as.ts'
import { stytch } from './profiles/stytch.ts'
import { supabase } from './profiles/supabase.ts'
import { uaa } from './profiles/uaa.ts'
import { wso2 } from './profiles/wso2.ts'
import { zitadel } from './profiles/zitadel.ts'

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
  return (Object.keys(PROFILES) as Provider[]).find((name) =>
    profileOf(name).issuerPattern?.test(issuer),
  )
}
