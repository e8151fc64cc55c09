// Says in words what allauth's scripts only write to the console: the person cancelled, or the device refused.

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const problem = document.getElementById("passkey-problem");
  if (problem) problem.hidden = false;
});
