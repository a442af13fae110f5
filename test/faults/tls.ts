import { request } from 'node:https'
import { Readable } from 'node:stream'
import type { Fetch } from '@bearward/core'
import { serverCertificate } from '../support/certificate.ts'

const here = { address: [127, 0, 0, 1] }

export const certificates = {
  good: serverCertificate({ subject: here }),
  untrusted: serverCertificate({ subject: here }),
  otherHost: serverCertificate({ subject: { name: 'as.example.com' } }),
  expired: serverCertificate({ subject: here, notAfter: -0.5 }),
  notYetValid: serverCertificate({ subject: here, notBefore: 0.5 }),
}

const { untrusted: _, ...trusted } = certificates
const ca = Object.values(trusted).map(({ cert }) => cert)

/** Fetches with a private CA, which the global `fetch` does not support. */
export const trustingFetch: Fetch = (url, { method, headers, signal }) =>
  new Promise((resolve, reject) => {
    const options = { method, headers, signal, ca, agent: false as const }
    request(url, options, (incoming) => {
      const { statusCode, headers: received } = incoming
      resolve(
        new Response(Readable.toWeb(incoming) as ReadableStream, {
          status: statusCode!,
          headers: { 'content-type': received['content-type']! },
        }),
      )
    })
      .on('error', reject)
      .end()
  })
