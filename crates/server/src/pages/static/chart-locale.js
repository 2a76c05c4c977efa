// Plotly's Brazilian Portuguese: it comes with English alone.

export const BRAZILIAN_PORTUGUESE = {
  moduleType: "locale",
  name: "pt-BR",
  dictionary: {
    "Download plot as a PNG": "Salvar como imagem PNG",
    "Double-click to zoom back out": "Clique duas vezes para voltar",
    "Pan": "Mover",
    "Zoom": "Ampliar uma área",
    "Zoom in": "Aproximar",
    "Zoom out": "Afastar",
    "Snapshot succeeded": "Imagem salva",
    "Taking snapshot - this may take a few seconds": "Gerando a imagem …",
    "Sorry, there was a problem downloading your snapshot!": "Não foi possível gerar a imagem.",
  },
  format: {
    days: ["domingo", "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado"],
    shortDays: ["dom", "seg", "ter", "qua", "qui", "sex", "sáb"],
    months: ["janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro",
      "novembro", "dezembro"],
    shortMonths: ["jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"],
    date: "%d/%m/%Y",
    decimal: ",",
    thousands: ".",
  },
};
