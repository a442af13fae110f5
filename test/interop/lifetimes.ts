/** The option `ttl` of `oidc-provider`, in seconds. Without it, the server prints a notice for each kind of tokens. */
export const LIFETIMES = {
  AccessToken: 3600,
  ClientCredentials: 3600,
  Grant: 86_400,
  IdToken: 3600,
  Interaction: 3600,
  RefreshToken: 86_400,
  Session: 86_400,
}
