import { afterAll } from 'vitest'
import { cleanUp } from './program.ts'

// After the last hook of each test file.
afterAll(cleanUp)
