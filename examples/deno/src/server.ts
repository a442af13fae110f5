import { createApi } from './api.ts'

const port = Number(Deno.env.get('PORT') ?? 8000)
const issuer = Deno.env.get('ISSUER') ?? 'http://127.0.0.1:9400'

Deno.serve(
  {
    hostname: '127.0.0.1',
    port,
    onListen: ({ port: selected }) => console.log(`http://127.0.0.1:${selected}`),
  },
  createApi(issuer),
)
