/** Kinds of tokens that are never access tokens, by media type. The media types do not have the prefix `application/`. */
const FOREIGN_MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['dpop+jwt', 'a DPoP proof'],
  ['secevent+jwt', 'a security event token'],
  ['logout+jwt', 'a logout token'],
  ['oauth-id-jag+jwt', 'an identity assertion (ID-JAG)'],
  ['txntoken+jwt', 'a transaction token'],
  ['wit+jwt', 'a workload identity token'],
  ['wpt+jwt', 'a workload proof token'],
  ['statuslist+jwt', 'a status list'],
  ['token-introspection+jwt', 'an introspection response'],
  ['id_token+jwt', 'an ID token'],
  ['oauth-authz-req+jwt', 'a request object'],
  ['client-authentication+jwt', 'a client assertion'],
  ['kb+jwt', 'a key binding'],
  ['dc+sd-jwt', 'a digital credential'],
  ['vc+sd-jwt', 'a digital credential'],
  ['entity-statement+jwt', 'an entity statement'],
])

/** Returns a media type in lower case, without the prefix `application/`, which a `typ` can omit (RFC 7515 section 4.1.9). */
export function toMediaType(typ: string): string {
  return typ.toLowerCase().replace(/^application\//, '')
}

/** Returns whether the value of `typ` is one of these media types. */
export function isMediaTypeOf(types: readonly string[], typ: unknown): boolean {
  return typeof typ === 'string' && types.includes(toMediaType(typ))
}

/** Returns the kind of a token, if its `typ` shows that it is not an access token. Otherwise, returns `undefined`. */
export function describeForeignMediaType(typ: unknown): string | undefined {
  return typeof typ === 'string' ? FOREIGN_MEDIA_TYPES.get(toMediaType(typ)) : undefined
}
