import { expect, test } from 'vitest'
import { HttpClient } from '../support/http.ts'
import { succeeds } from '../support/person.ts'
import { RELEASE_PROGRAM, Server } from '../support/program.ts'
import { World } from '../support/world.ts'

const ROUNDS = Number(process.env.OSTIARY_REVOCATION_ROUNDS ?? 500)

test('D3 a session that was revoked at one server is refused by another within 100 ms at p99', async () => {
  const world = await World.begins('PostgreSQL', { program: RELEASE_PROGRAM })
  const { PORT, GRPC_PORT, ...shared } = world.server.settings
  const second = await Server.start({ program: RELEASE_PROGRAM, settings: shared })
  const there = new HttpClient(second.origin)
  const client = world.client()
  try {
    const alice = await world.person('alice').signsUp()
    const delays: number[] = []
    for (let i = 0; i < ROUNDS; i++) {
      const login = succeeds(await client.post('/api/auth/login', { email: alice.email, password: alice.password }))
      const bearer = { headers: { authorization: `Bearer ${login.body.token}` } }
      expect((await there.get('/api/auth/session', bearer)).status).toBe(200)
      await client.post('/api/auth/logout', { refresh_token: login.body.refresh_token })
      const began = performance.now()
      while ((await there.get('/api/auth/session', bearer)).status === 200) {
        if (performance.now() - began > 5000) throw new Error('it is never refused')
      }
      delays.push(performance.now() - began)
    }
    delays.sort((a, b) => a - b)
    const p99 = delays[Math.floor(delays.length * 0.99)]
    console.log(
      `median ${delays[Math.floor(delays.length / 2)].toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ` +
        `worst ${delays[delays.length - 1].toFixed(1)} ms`,
    )
    expect(p99).toBeLessThan(100)
  } finally {
    there.close()
    await second.stops()
    await world.ends()
  }
})
