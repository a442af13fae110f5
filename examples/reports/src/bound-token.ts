import { createHash, randomUUID } from 'node:crypto'
import { clientCredentials } from '@bearward/client'
import type { TokenSource } from '@bearward/client'
import { CRON, READ, REPORTS_API } from '@bearward/example-shared'
import type { ApiRequest, DescribedToken } from '@bearward/example-shared'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

const TARGET = 'GET /reports'
/** The public address, which proofs contain. The demo sends the requests directly to the API on 127.0.0.1. */
const URL_OF_TARGET = `${REPORTS_API}/reports`

/** A client whose token is bound to its key, and a thief who has read one of its requests. */
export interface BoundClient {
  /** Returns a request of the client, with a new proof. */
  request(): Promise<ApiRequest>
  /** Returns a request with the token of the last request as a bearer token. */
  stealToken(): ApiRequest
  /** Returns the last request again. */
  repeatRequest(): ApiRequest
  /** Returns a request with the token of the last request, and a proof that the thief has signed with another key. */
  proveWithOtherKey(): Promise<ApiRequest>
  close(): void
}

/** Creates the client. It requests its token for the first request. */
export function createBoundClient(issuer: string): BoundClient {
  const source: TokenSource = clientCredentials({
    issuer,
    clientId: CRON.id,
    clientAuthentication: { method: 'client_secret_basic', secret: CRON.secret },
    resource: REPORTS_API,
    scope: READ,
    dpop: true,
  })
  let value = ''
  let proof = ''
  const token = (description: string): DescribedToken => ({ value, description })
  const bound = `client credentials grant, client ${CRON.id}, scope ${READ}, bound to a key of the client`

  return {
    async request() {
      const headers = await source.headers({ url: URL_OF_TARGET })
      value = headers.Authorization.slice('DPoP '.length)
      proof = headers['DPoP']!
      return { target: TARGET, token: token(bound), proof }
    },
    stealToken: () => ({ target: TARGET, token: token('the same token, without a proof') }),
    repeatRequest: () => ({
      target: TARGET,
      token: token('the same token, with the proof of the previous request'),
      proof,
    }),
    async proveWithOtherKey() {
      const description = 'the same token, with a proof that another key has signed'
      return { target: TARGET, token: token(description), proof: await createProof(value) }
    },
    close: () => source.close(),
  }
}

/** Creates a valid proof (RFC 9449 section 4.2) with a key that is not the key of the token. */
async function createProof(token: string): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const ath = createHash('sha256').update(token).digest('base64url')
  return new SignJWT({ htm: 'GET', htu: URL_OF_TARGET, ath, jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(publicKey) })
    .setIssuedAt()
    .sign(privateKey)
}
