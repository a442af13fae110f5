/** One mount as a Worker. `createBearward` is called at module scope, as in an application. */
import { env } from 'cloudflare:workers'
import { createHost, type HostSetup } from './host.ts'

addEventListener('unhandledrejection', (event) => {
  // workerd itself writes nothing about an unhandled rejection.
  // oxlint-disable-next-line no-console -- the output of the process is checked at its end
  console.error('unhandled rejection', event.reason)
})

const handle = createHost(env['SETUP'] as HostSetup)

export default { fetch: handle }
