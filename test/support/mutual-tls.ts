import { createServer, request, type RequestOptions } from 'node:https'
import type { CreateServer } from '../frameworks/framework.ts'
import { pairs } from './certified.ts'

/**
 * Returns a function that creates an HTTPS server. The server requests a client certificate and accepts any certificate, as the
 * documentation recommends. `options` are more options of `node:tls`.
 */
export const createTlsServer =
  (options: object = {}): CreateServer =>
  ({ maxHeaderSize }, handler) =>
    createServer(
      {
        ...pairs.server,
        requestCert: true,
        rejectUnauthorized: false,
        maxHeaderSize,
        ...options,
      },
      handler,
    )

/**
 * Sends a GET over a new TLS connection, or over the connection of `agent`, with these options of `node:tls`. Returns the status
 * and the body.
 */
export function getByTls(
  port: number,
  token: string,
  options: RequestOptions = {},
): Promise<{ readonly status: number; readonly body: string }> {
  const headers = { authorization: `Bearer ${token}`, ...(options.headers as object) }
  return new Promise((resolve, reject) => {
    const all = {
      host: '127.0.0.1',
      port,
      ca: pairs.server.cert,
      agent: false,
      ...options,
      headers,
    }
    request(all as RequestOptions, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      response.on('end', () => resolve({ status: response.statusCode!, body }))
    })
      .on('error', reject)
      .end()
  })
}
