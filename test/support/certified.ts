import { X509Certificate } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer, request } from 'node:https'
import { Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Fetch } from '@bearward/core'
import { Agent, fetch as undiciFetch } from 'undici'
import { serverCertificate } from './certificate.ts'
import { closing } from './closing.ts'
import { listen, type RunningServer } from './servers.ts'

/** Certificates and keys of the server, of the client and of another client. */
export const pairs = {
  server: serverCertificate({ subject: { address: [127, 0, 0, 1] } }),
  client: serverCertificate({ subject: { name: 'orders' } }),
  other: serverCertificate({ subject: { name: 'reports' } }),
}

/** Returns the thumbprint of the client's certificate, as in `x5t#S256` (RFC 8705 section 3.1). */
export function getThumbprint({ socket }: IncomingMessage): string {
  return toThumbprint((socket as TLSSocket).getPeerX509Certificate())
}

/** Returns the `x5t#S256` thumbprint of a certificate. Returns an empty text if there is no certificate. */
export function toThumbprint(certificate: X509Certificate | undefined): string {
  const hex = certificate?.fingerprint256.replaceAll(':', '') ?? ''
  return Buffer.from(hex, 'hex').toString('base64url')
}

/** Thumbprint of the certificate `pairs.client`. */
export const clientThumbprint = toThumbprint(new X509Certificate(pairs.client.cert))

/** Starts an HTTPS server that requests a client certificate, and closes connections without a certificate. */
export async function certifiedServer(
  handler: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<RunningServer> {
  // The server accepts any certificate, because tests compare the thumbprint.
  const options = { ...pairs.server, requestCert: true, rejectUnauthorized: false }
  const server = createServer(options, (...args) => void handler(...args))
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.getPeerX509Certificate() === undefined) socket.destroy()
  })
  const { port, close } = closing(await listen(server as unknown as Server))
  return { port, close, url: `https://127.0.0.1:${port}` }
}

/** Returns the `fetch` of undici with a client certificate. */
export function createUndiciFetch(pair = pairs.client): Fetch {
  const dispatcher = new Agent({ connect: { ...pair, ca: pairs.server.cert } })
  closing({ close: () => dispatcher.close() })
  return (url, init) => undiciFetch(url, { ...init, dispatcher })
}

/** Minimal `fetch` with a client certificate, written with `node:https`. */
export const createNodeFetch: Fetch = (url, { method, headers, body, signal }) =>
  new Promise((resolve, reject) => {
    const options = { method, headers, signal, ...pairs.client, ca: pairs.server.cert }
    request(url, { ...options, agent: false }, (incoming) => {
      const { statusCode, headers: received } = incoming
      resolve(
        new Response(Readable.toWeb(incoming) as ReadableStream, {
          status: statusCode!,
          headers: received as Record<string, string>,
        }),
      )
    })
      .on('error', reject)
      .end(body)
  })
