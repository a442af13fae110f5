/** The bindings of the Worker, as `wrangler types` generates them. */
declare namespace Cloudflare {
  interface Env {
    readonly ISSUER: string
    readonly AUDIENCE: string
    readonly MACHINE_CLIENT: string
  }
}
