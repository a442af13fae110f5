import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/**
 * Returns advice for servers where users, or an application that logs them in, choose the `sub`. If a user chooses the id of a
 * client, tokens of this user and of this client have the same `sub`. Only the operator can know that this never happens.
 */
function adviseOnChosenSubjects(
  before: readonly string[] = [],
  after: readonly string[] = [],
): string {
  const advice =
    "If the sub of a user can never be a client id (for example, because their forms differ), set machineSubject: 'client_id'. Otherwise, name the machines in machineClients."
  return [...before, advice, ...after].join(' ')
}

/** All claims about a user come from rules that the operator writes. No claim marks an application. */
export const adfs: Profile = {
  // Read in 2026-11: Microsoft documentation: AD FS OAuth flows; access tokens that AD FS has issued.
  clientIdClaims: ['appid'],
  scopeSources: [{ claim: 'scp', format: 'string' }],
  rules: [],
  advice: 'Add the appid of each machine to machineClients.',
}

/** Azure AD B2C. Tokens of machines have `scp`, too, and no claim distinguishes them from tokens of users. */
export const b2c: Profile = {
  // Read in 2026-11: Microsoft documentation: client credentials flow in Azure AD B2C.
  clientIdClaims: ['azp', 'appid'],
  scopeSources: [{ claim: 'scp', format: 'string' }],
  rules: [],
  advice: 'Name the machines in machineClients.',
}

/** Introspection responses never have a `sub`. */
export const doorkeeper: Profile = {
  // Read in 2026-11: the source code for introspection.
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
  rules: [],
  advice: 'Name the machines in machineClients.',
}

/** Gravitee AM. By default, `aud` is the client id. If another audience is set, a JWT does not name a client reliably. */
export const graviteeAm: Profile = {
  // Read in 2026-11: Gravitee Access Management source.
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
  rules: [],
  subjectsAreChosen: true,
  advice: /* @__PURE__ */ adviseOnChosenSubjects([
    'Add client_id to the tokens as a custom claim.',
  ]),
}

export const hydra: Profile = {
  // Read in 2026-11: Ory Hydra and Ory Fosite source.
  clientIdClaims: ['client_id'],
  scopeSources: [
    { claim: 'scp', format: 'array', form: 'jwt' },
    { claim: 'scope', format: 'string', form: 'introspection' },
  ],
  rules: [],
  subjectsAreChosen: true,
  advice: /* @__PURE__ */ adviseOnChosenSubjects(),
}

/** An introspection response has a `sub` and a `username` of the same form for a client and for a person. */
export const kanidm: Profile = {
  // Read in 2026-11: Kanidm source: introspection.
  clientIdClaims: ['client_id'],
  scopeSources: [{ claim: 'scope', format: 'array' }],
  rules: [],
  advice: 'Name the machines in machineClients.',
}

/**
 * The `sub` is an attribute of the session: the login of a user, or the client id of a client. Recent versions write `sid` into
 * every JWT, even for machines.
 */
export const lemonldapNg: Profile = {
  // Read in 2026-11: LemonLDAP::NG source: client credentials grant, JWT access tokens, introspection.
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
  rules: [],
  subjectsAreChosen: true,
  advice: /* @__PURE__ */ adviseOnChosenSubjects(
    [],
    ['If tokens of machines have a sid, machineClients is required.'],
  ),
}

export const openiddict: Profile = {
  // Read in 2026-11: OpenIddict source.
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
  rules: [],
  subjectsAreChosen: true,
  advice: /* @__PURE__ */ adviseOnChosenSubjects(),
}

/** A JWT does not name the client, unless a token customizer adds the client id. */
export const springAs: Profile = {
  // Read in 2026-11: Spring Authorization Server source.
  clientIdClaims: ['client_id'],
  scopeSources: [
    { claim: 'scope', format: 'array', form: 'jwt' },
    { claim: 'scope', format: 'string', form: 'introspection' },
  ],
  rules: [],
  subjectsAreChosen: true,
  advice: /* @__PURE__ */ adviseOnChosenSubjects(['Add client_id with a token customizer.']),
}
