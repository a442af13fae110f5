/**
 * Authorization server on 127.0.0.1 for the examples and the integration tests, and functions that request
 * tokens from it over HTTP.
 *
 * @packageDocumentation
 */
export { startAuthorizationServer } from './server.ts'
export type { AuthorizationServer } from './server.ts'
export type {
  AuthorizationServerOptions,
  Client,
  ConfidentialClient,
  PublicClient,
  Resource,
  User,
} from './options.ts'
export { SIGNING_ALGORITHMS } from './signing-keys.ts'
export type { SigningAlgorithm, SigningKey } from './signing-keys.ts'
export { discover } from './metadata.ts'
export type { ServerMetadata } from './metadata.ts'
export { requestClientCredentialsToken } from './client-credentials.ts'
export type { AccessRequest } from './client-credentials.ts'
export { createCookieJar } from './cookie-jar.ts'
export type { CookieJar } from './cookie-jar.ts'
export { signIn } from './sign-in.ts'
export type { SignInRequest } from './sign-in.ts'
export { revokeToken } from './token-request.ts'
export type { ClientCredentials, TokenResponse } from './token-request.ts'
export { machineTokenCommand, userTokenCommand } from './token-commands.ts'
export type { MachineTokenRequest, UserTokenRequest } from './token-commands.ts'
export { onPortOrFreePort } from './port.ts'
