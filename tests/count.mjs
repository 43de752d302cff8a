// node count.mjs BROKEN REPORT...: adds up GoogleTest's, Vitest's and our own reports, and the steps that broke. Prints
// what failed or was skipped and, as its last line, "N passed, N failed". A skipped test has failed where CI=true.
import { readFileSync } from 'node:fs'

let passed = 0
let failed = Number(process.argv[2])
const skipped = []
const failures = []

function count(name, outcome) {
  if (outcome === 'passed') passed += 1
  else if (outcome === 'failed') failures.push(name)
  else skipped.push(name)
}

function countGoogleTests(report) {
  for (const suite of report.testsuites) {
    for (const test of suite.testsuite) {
      // What another part of the run has is not in this one's report as completed or skipped.
      if (test.status !== 'RUN') continue
      const outcome = test.failures ? 'failed' : test.result === 'SKIPPED' ? 'skipped' : 'passed'
      count(`${test.classname}.${test.name}`, outcome)
    }
  }
}

function countVitest(report) {
  for (const file of report.testResults) {
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) {
      failures.push(`${file.name}: ${file.message}`)
    }
    for (const test of file.assertionResults) count(test.fullName, test.status)
  }
}

for (const path of process.argv.slice(3)) {
  const report = JSON.parse(readFileSync(path, 'utf8'))
  if (report.testsuites) countGoogleTests(report)
  else if (report.testResults) countVitest(report)
  else {
    passed += report.passed
    failed += report.failed
  }
}

for (const name of failures) console.log(`failed: ${name}`)
for (const name of skipped) console.log(`skipped: ${name}`)
failed += failures.length
if (process.env.CI === 'true') failed += skipped.length
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 || passed === 0 ? 1 : 0)
