import { expect, it } from 'vitest'
import { memoryReplay } from '@bearward/core'
import { closing } from '../../../test/support/closing.ts'
import { createTestIssuer } from '../../../test/support/issuer.ts'
import { boundTo, createProof, generateProofKey } from '../../../test/support/proofs.ts'
import { listen } from '../../../test/support/servers.ts'
import { trusting } from '../../../test/support/trusting.ts'
import { createBearward } from '../src/index.ts'

const PUBLIC_URL = 'https://api.example.com'

it('authorize() and verify() check the proof of a request without originalUrl, such as an upgrade request of node:http', async () => {
  const now = () => Math.floor(Date.now() / 1000)
  const issuer = createTestIssuer({ now })
  const key = generateProofKey()
  const token = issuer.token({ claims: boundTo(key) })
  const { options } = trusting(issuer, { publicUrl: PUBLIC_URL, dpop: { replay: memoryReplay() } })
  const { authorize, verify } = createBearward(options)
  const { url } = closing(
    await listen(async (request, response) => {
      const outcome = await authorize(request as never).catch(String)
      const verified = await verify(token, { request: request as never }).catch(String)
      response.end(JSON.stringify([outcome, verified]))
    }),
  )
  const dpop = createProof({ key, token, url: `${PUBLIC_URL}/socket`, now: now() })
  const headers = { authorization: `DPoP ${token}`, dpop }
  const outcomes = await (await fetch(`${url}/socket`, { headers })).json()
  expect(outcomes).toMatchObject([{ kind: 'granted' }, { kind: 'granted' }])
})
