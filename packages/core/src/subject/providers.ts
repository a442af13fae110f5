import { memoize } from '../lib/memoize.ts'
import { copyOwnData } from '../lib/own-data.ts'
import type { Profile } from './profile.ts'
import { auth0 } from './providers/auth0.ts'
import { authelia } from './providers/authelia.ts'
import { authentik } from './providers/authentik.ts'
import { betterAuth } from './providers/better-auth.ts'
import { casdoor } from './providers/casdoor.ts'
import { clerk } from './providers/clerk.ts'
import { cloudflareAccess } from './providers/cloudflare-access.ts'
import { cognito } from './providers/cognito.ts'
import { djangoOauthToolkit } from './providers/django-oauth-toolkit.ts'
import { duende } from './providers/duende.ts'
import { entra } from './providers/entra.ts'
import { firebase } from './providers/firebase.ts'
import { frontegg } from './providers/frontegg.ts'
import { fusionauth } from './providers/fusionauth.ts'
import { githubActions } from './providers/github-actions.ts'
import { gitlabCi } from './providers/gitlab-ci.ts'
import { glewlwyd } from './providers/glewlwyd.ts'
import { google } from './providers/google.ts'
import { googleIap } from './providers/google-iap.ts'
import { keycloak } from './providers/keycloak.ts'
import { kinde } from './providers/kinde.ts'
import { kubernetes } from './providers/kubernetes.ts'
import { logto } from './providers/logto.ts'
import { mas } from './providers/mas.ts'
import { nodeOidcProvider } from './providers/node-oidc-provider.ts'
import { okta } from './providers/okta.ts'
import { pingam } from './providers/pingam.ts'
import { pocketId } from './providers/pocket-id.ts'
import { rauthy } from './providers/rauthy.ts'
import { stytch } from './providers/stytch.ts'
import { supabase } from './providers/supabase.ts'
import { supertokens } from './providers/supertokens.ts'
import { uaa } from './providers/uaa.ts'
import { wso2 } from './providers/wso2.ts'
import {
  adfs,
  b2c,
  doorkeeper,
  graviteeAm,
  hydra,
  kanidm,
  lemonldapNg,
  openiddict,
  springAs,
} from './providers/without-rules.ts'
import { zitadel } from './providers/zitadel.ts'

/** The profiles of all known providers, by the value of the option `provider`. */
export const PROFILES = {
  auth0,
  entra,
  b2c,
  adfs,
  okta,
  cognito,
  google,
  'google-iap': googleIap,
  firebase,
  'cloudflare-access': cloudflareAccess,
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
  pingam,
  rauthy,
  'pocket-id': pocketId,
  logto,
  kinde,
  stytch,
  clerk,
  frontegg,
  fusionauth,
  supabase,
  supertokens,
  'better-auth': betterAuth,
  hydra,
  'spring-as': springAs,
  openiddict,
  'gravitee-am': graviteeAm,
  mas,
  'django-oauth-toolkit': djangoOauthToolkit,
  doorkeeper,
  kanidm,
  'lemonldap-ng': lemonldapNg,
  kubernetes,
  'github-actions': githubActions,
  'gitlab-ci': gitlabCi,
} as const satisfies Readonly<Record<string, Profile>>

/** The name of a known provider. */
export type Provider = keyof typeof PROFILES

export function isProvider(name: unknown): name is Provider {
  return typeof name === 'string' && Object.hasOwn(PROFILES, name)
}

/** Returns the profile of a provider. The profile never has members of `Object.prototype`. */
export function getProfile(provider: Provider): Profile {
  return copyProfile(PROFILES[provider])
}

/** Copies a profile when it is first used, because copying all of them would slow down the import. */
const copyProfile = memoize((profile: Profile) => copyOwnData(profile))
