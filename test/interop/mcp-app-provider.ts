import { APP, createBrowser } from './notes-authorization-server.ts'

/**
 * Implements the interface `OAuthClientProvider` of the SDK in memory, for an app that signs its user in with a browser. Version 1
 * and version 2 of the SDK have different types for the stored values.
 */
export class AppProvider<ClientInformation, Tokens, Discovery> {
  readonly redirectUrl = APP.redirectUri
  readonly clientMetadata = {
    client_name: 'Notes app',
    redirect_uris: [APP.redirectUri],
    token_endpoint_auth_method: 'none',
  }
  readonly #browse = createBrowser()
  #client: ClientInformation | undefined
  #tokens: Tokens | undefined
  #discovery: Discovery | undefined
  #verifier = ''
  #authorizationUrl: URL | undefined

  clientInformation() {
    return this.#client
  }

  saveClientInformation(client: ClientInformation) {
    this.#client = client
  }

  tokens() {
    return this.#tokens
  }

  saveTokens(tokens: Tokens) {
    this.#tokens = tokens
  }

  discoveryState() {
    return this.#discovery
  }

  saveDiscoveryState(state: Discovery) {
    this.#discovery = state
  }

  codeVerifier() {
    return this.#verifier
  }

  saveCodeVerifier(verifier: string) {
    this.#verifier = verifier
  }

  redirectToAuthorization(url: URL) {
    this.#authorizationUrl = url
  }

  /**
   * Opens the last authorization request in the browser of the user. Returns the scope and the resource of the request, and the
   * response with its code.
   */
  async signIn() {
    const { searchParams: request } = this.#authorizationUrl!
    const { searchParams: response } = await this.#browse(this.#authorizationUrl!, APP.redirectUri)
    return {
      scope: request.get('scope'),
      resource: request.get('resource'),
      code: response.get('code')!,
      response,
    }
  }
}
