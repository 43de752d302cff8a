# cmake -DFOLDER=... -P npm_ci.cmake: installs a folder's node_modules as its package-lock.json says, unless that is
# what is there already. Builds that run side by side wait for one another.
file(LOCK ${FOLDER}/.npm-lock GUARD PROCESS TIMEOUT 600)
set(installed ${FOLDER}/node_modules/.installed)
if(EXISTS ${installed} AND ${installed} IS_NEWER_THAN ${FOLDER}/package-lock.json)
  return()
endif()
# Not `npm ci`: npm 11 refuses a lock file without the optional packages of every other platform, which older ones write.
# The versions and checksums are the lock file's all the same.
execute_process(COMMAND npm install --no-save --no-audit --no-fund --loglevel=error WORKING_DIRECTORY ${FOLDER}
                COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
file(TOUCH ${installed})
