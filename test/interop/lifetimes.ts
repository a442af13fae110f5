/** The option `ttl` of `oidc-provider`, in seconds. If it is not set, the server prints a notice for each kind of token. */
export const LIFETIMES = {
  AccessToken: 3600,
  ClientCredentials: 3600,
  Grant: 86_400,
  IdToken: 3600,
  Interaction: 3600,
  RefreshToken: 86_400,
  Session: 86_400,
}
