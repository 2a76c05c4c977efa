// Starts ReDoc.
Redoc.init("openapi.json", { hideDownloadButton: false, expandResponses: "200,202" }, document.getElementById("description"));
